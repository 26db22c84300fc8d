package dev.lockstep.profile.page;

import static j2html.TagCreator.figcaption;
import static j2html.TagCreator.figure;
import static j2html.TagCreator.rawHtml;

import j2html.tags.DomContent;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/** A picture of numbers, drawn by {@code charts.js}, which knows each kind by its name. */
public sealed interface Chart extends Block {
  /** Above the picture. */
  String title();

  /** What is drawn, for the script; every value is a number, a text, a list, a map or null. */
  Map<String, @Nullable Object> drawing();

  @Override
  default DomContent html() {
    // "</" would end the element that holds the JSON; JSON may write it "<\/".
    String json = JsonMapper.shared().writeValueAsString(drawing()).replace("</", "<\\/");
    return figure(
            figcaption(title()), rawHtml("<script type=\"application/json\">" + json + "</script>"))
        .withClass("chart");
  }

  /** JSON has no number that is not finite. */
  private static @Nullable Double finite(double value) {
    return Double.isFinite(value) ? value : null;
  }

  /** Curves and points over two axes. */
  record Plot(String title, Axis x, Axis y, List<Series> series) implements Chart {
    public Plot {
      series = List.copyOf(series);
    }

    @Override
    public Map<String, @Nullable Object> drawing() {
      Map<String, @Nullable Object> drawing = new LinkedHashMap<>();
      drawing.put("kind", "plot");
      drawing.put("x", x);
      drawing.put("y", y);
      drawing.put("series", series.stream().map(Plot::drawing).toList());
      return drawing;
    }

    private static Map<String, Object> drawing(Series series) {
      List<List<@Nullable Object>> points = new ArrayList<>();
      for (Series.Point point : series.points()) {
        List<@Nullable Object> values = new ArrayList<>();
        values.add(finite(point.x()));
        values.add(finite(point.y()));
        point.label().ifPresent(values::add);
        points.add(values);
      }
      return new TreeMap<>(
          Map.of("name", series.name(), "style", series.style(), "points", points));
    }
  }

  /**
   * A colour for every row and column.
   *
   * @param columns from left to right, numbers
   * @param rows from top to bottom
   * @param values {@code [rows][columns]}; what is not finite has no colour
   * @param logarithmic whether equal factors are equal steps of colour
   */
  record HeatMap(
      String title,
      String columnLabel,
      List<Double> columns,
      List<String> rows,
      List<List<Double>> values,
      boolean logarithmic)
      implements Chart {
    public HeatMap {
      columns = List.copyOf(columns);
      rows = List.copyOf(rows);
      values = List.copyOf(values);
    }

    @Override
    public Map<String, @Nullable Object> drawing() {
      Map<String, @Nullable Object> drawing = new LinkedHashMap<>();
      drawing.put("kind", "heat");
      drawing.put("columnLabel", columnLabel);
      drawing.put("columns", columns);
      drawing.put("rows", rows);
      List<List<@Nullable Double>> finite = new ArrayList<>();
      for (List<Double> row : values) {
        List<@Nullable Double> shown = new ArrayList<>();
        row.forEach(value -> shown.add(finite(value)));
        finite.add(shown);
      }
      drawing.put("values", finite);
      drawing.put("logarithmic", logarithmic);
      return drawing;
    }
  }
}
