package dev.lockstep.profile.page;

import static j2html.TagCreator.div;
import static j2html.TagCreator.each;
import static j2html.TagCreator.table;
import static j2html.TagCreator.tbody;
import static j2html.TagCreator.td;
import static j2html.TagCreator.th;
import static j2html.TagCreator.thead;
import static j2html.TagCreator.tr;

import j2html.tags.DomContent;
import j2html.tags.specialized.TrTag;
import java.util.ArrayList;
import java.util.List;

/**
 * A table. The first column names a row; cells that look like numbers stand to the right.
 *
 * @param header of every column
 * @param rows each as wide as the header
 */
public record Grid(List<String> header, List<Row> rows) implements Block {
  /**
   * One row.
   *
   * @param marked whether the row is set apart, for example because its values differ
   */
  public record Row(List<String> cells, boolean marked) {
    public Row {
      cells = List.copyOf(cells);
    }

    /** A row like the others. */
    public static Row of(String... cells) {
      return new Row(List.of(cells), false);
    }
  }

  public Grid {
    header = List.copyOf(header);
    rows = List.copyOf(rows);
    for (Row row : rows) {
      if (row.cells().size() != header.size()) {
        throw new IllegalArgumentException(
            "row \"%s\" has %d cells, the header %d"
                .formatted(row.cells().get(0), row.cells().size(), header.size()));
      }
    }
  }

  @Override
  public DomContent html() {
    return div(table(
            thead(tr(each(header, title -> th(title).attr("scope", "col")))),
            tbody(each(rows, Grid::line))))
        .withClass("table");
  }

  private static TrTag line(Row row) {
    List<DomContent> cells = new ArrayList<>();
    cells.add(th(row.cells().get(0)).attr("scope", "row"));
    row.cells()
        .subList(1, row.cells().size())
        .forEach(text -> cells.add(isNumber(text) ? td(text).withClass("number") : td(text)));
    TrTag line = tr(each(cells, cell -> cell));
    return row.marked() ? line.withClass("marked") : line;
  }

  private static boolean isNumber(String text) {
    return text.matches("[-+]?[\\d.,]+(e[-+]?\\d+)?( ?[%×xµmkMGT]?[a-zA-Z/]{0,4})?");
  }
}
