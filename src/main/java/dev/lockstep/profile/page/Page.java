package dev.lockstep.profile.page;

import static j2html.TagCreator.body;
import static j2html.TagCreator.div;
import static j2html.TagCreator.each;
import static j2html.TagCreator.footer;
import static j2html.TagCreator.h1;
import static j2html.TagCreator.head;
import static j2html.TagCreator.main;
import static j2html.TagCreator.meta;
import static j2html.TagCreator.noscript;
import static j2html.TagCreator.p;
import static j2html.TagCreator.rawHtml;

import j2html.TagCreator;
import j2html.tags.DomContent;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * A page in one file.
 *
 * @param title of the window, and at the top
 * @param subtitle under it: what this is and where it comes from
 */
public record Page(String title, String subtitle, List<Block> blocks) {
  /** Where its library of the same name, a dependency, keeps the script. */
  private static final String D3 = "/META-INF/resources/webjars/d3/7.9.0/dist/d3.min.js";

  private static final String KATEX = "/META-INF/resources/webjars/katex/0.18.11/dist/katex.min.js";

  public Page {
    blocks = List.copyOf(blocks);
  }

  /** The whole file. */
  public String html() {
    return "<!DOCTYPE html>\n"
        + TagCreator.html(
                head(
                    meta().withCharset("utf-8"),
                    meta().withName("viewport").withContent("width=device-width, initial-scale=1"),
                    // Nothing in the page can reach a network, whatever is in its texts.
                    rawHtml(
                        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none';"
                            + " style-src 'unsafe-inline'; script-src 'unsafe-inline';"
                            + " img-src data: blob:\">"),
                    // Without an icon of its own a browser asks for one.
                    rawHtml("<link rel=\"icon\" href=\"data:,\">"),
                    TagCreator.title(title),
                    rawHtml("<style>\n" + text("page.css") + "</style>")),
                body(
                    main(
                        h1(title),
                        p(subtitle).withClass("subtitle"),
                        noscript(p("The charts need JavaScript; the tables do not.")),
                        each(groups(), group -> group)),
                    footer(p("Made by Lockstep. Charts: D3 (ISC licence)." + credit())),
                    script(text(D3)),
                    script(text("charts.js")),
                    each(formulaScripts(), script -> script)))
            .withLang("en")
            .render();
  }

  /** Charts that follow each other share a line where there is room. */
  private List<DomContent> groups() {
    List<DomContent> groups = new ArrayList<>();
    List<DomContent> charts = new ArrayList<>();
    for (Block block : blocks) {
      if (block instanceof Chart) {
        charts.add(block.html());
      } else {
        flush(charts, groups);
        groups.add(block.html());
      }
    }
    flush(charts, groups);
    return groups;
  }

  private static void flush(List<DomContent> charts, List<DomContent> groups) {
    if (!charts.isEmpty()) {
      groups.add(div(each(List.copyOf(charts), chart -> chart)).withClass("charts"));
      charts.clear();
    }
  }

  private boolean hasFormulas() {
    return blocks.stream().anyMatch(Formula.class::isInstance);
  }

  private String credit() {
    return hasFormulas() ? " Formulas: KaTeX (MIT licence)." : "";
  }

  private List<DomContent> formulaScripts() {
    return hasFormulas() ? List.of(script(text(KATEX)), script(text("formulas.js"))) : List.of();
  }

  private static DomContent script(String source) {
    return rawHtml("<script>\n" + source + "</script>\n");
  }

  private static String text(String resource) {
    try (InputStream in = Page.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new IllegalStateException(resource + " is not on the class path");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + resource, e);
    }
  }
}
