package dev.lockstep.profile.page;

import static j2html.TagCreator.div;

import j2html.tags.DomContent;

/**
 * A formula on a line of its own; KaTeX turns it into MathML when the page is opened.
 *
 * @param tex in the subset of LaTeX that KaTeX knows
 */
public record Formula(String tex) implements Block {
  @Override
  public DomContent html() {
    return div(tex).withClass("formula");
  }
}
