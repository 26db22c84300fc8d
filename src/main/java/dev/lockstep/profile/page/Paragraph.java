package dev.lockstep.profile.page;

import static j2html.TagCreator.p;

import j2html.tags.DomContent;

/** A few sentences; {@code warning} sets them apart. */
public record Paragraph(String text, boolean warning) implements Block {
  /** Plain text. */
  public static Paragraph of(String text) {
    return new Paragraph(text, false);
  }

  @Override
  public DomContent html() {
    return warning ? p(text).withClass("warning") : p(text);
  }
}
