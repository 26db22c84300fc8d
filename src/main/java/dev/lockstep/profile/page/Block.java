package dev.lockstep.profile.page;

import j2html.tags.DomContent;

/** One thing on a {@link Page}. */
public sealed interface Block permits Heading, Paragraph, Grid, Chart, Formula, Preformatted {
  /** As it stands in the page. */
  DomContent html();
}
