package dev.lockstep.profile.page;

import static j2html.TagCreator.h2;

import j2html.tags.DomContent;

/** The title of what follows. */
public record Heading(String text) implements Block {
  @Override
  public DomContent html() {
    return h2(text);
  }
}
