package dev.lockstep.profile.page;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PageTests {
  @Test
  void takesTextsAsTexts() {
    String html =
        new Page("<b>1</b>", "2 < 3", List.of(Paragraph.of("<script>alert(1)</script>"))).html();
    assertThat(html)
        .contains("<h1>&lt;b&gt;1&lt;/b&gt;</h1>", "&lt;script&gt;alert(1)&lt;/script&gt;");
  }

  @Test
  void keepsTheEndOfAScriptOutOfItsNumbers() {
    Series evil = new Series("</script><b>", Series.Style.LINE, List.of(Series.Point.of(1, 2)));
    String html = chart(evil).html().render();
    assertThat(html).doesNotContain("</script><b>").contains("<\\/script><b>");
  }

  @Test
  void writesWhatIsNotFiniteAsNull() {
    Series broken =
        new Series(
            "a",
            Series.Style.LINE,
            List.of(Series.Point.of(1, Double.NaN), Series.Point.of(2, 3, "label")));
    assertThat(chart(broken).html().render()).contains("[[1.0,null],[2.0,3.0,\"label\"]]");
  }

  @Test
  void averagesMorePointsThanAScreenShows() {
    List<Series.Point> points =
        IntStream.range(0, 2500).mapToObj(i -> Series.Point.of(i, 2 * i)).toList();
    List<Series.Point> shown = Series.line("a", points).points();
    assertThat(shown).hasSize(834);
    assertThat(shown.get(0)).isEqualTo(Series.Point.of(1, 2));
    assertThat(shown.getLast()).isEqualTo(Series.Point.of(2499, 4998));
    assertThat(Series.line("a", points.subList(0, 1000)).points()).hasSize(1000);
  }

  @Test
  void putsNumbersToTheRightOfTheirColumn() {
    String html =
        new Grid(List.of("run", "loss"), List.of(Grid.Row.of("a", "1.5"), Grid.Row.of("b", "none")))
            .html()
            .render();
    assertThat(html).contains("<td class=\"number\">1.5</td>", "<td>none</td>");
  }

  @Test
  void refusesARowOfAnotherWidth() {
    assertThatThrownBy(() -> new Grid(List.of("run", "loss"), List.of(Grid.Row.of("a"))))
        .hasMessage("row \"a\" has 1 cells, the header 2");
  }

  private static Chart chart(Series series) {
    return new Chart.Plot("title", Axis.linear("x"), Axis.log("y"), List.of(series));
  }
}
