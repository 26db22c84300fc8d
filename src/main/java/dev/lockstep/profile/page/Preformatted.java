package dev.lockstep.profile.page;

import static j2html.TagCreator.pre;

import j2html.tags.DomContent;

/** Text whose lines stay as they are: a command to type. */
public record Preformatted(String text) implements Block {
  @Override
  public DomContent html() {
    return pre(text);
  }
}
