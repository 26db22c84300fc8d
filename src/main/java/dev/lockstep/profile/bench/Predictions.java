package dev.lockstep.profile.bench;

import dev.lockstep.device.GpuModel;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * What counted passes take at least on a GPU, each with the resource that limits it: as a table and
 * for machines. Results that were not counted have no prediction and are left out.
 *
 * @param rows each pass with its bounds
 */
public record Predictions(GpuModel gpu, List<Row> rows) {
  /** One pass. */
  public record Row(BenchResult result, Bounds bounds) {}

  /** The titles of {@link #table}. */
  public static final List<String> HEADER =
      List.of(
          "kernel",
          "pass",
          "dtype",
          "shape",
          "tile",
          "predicted us",
          "limited by",
          "then",
          "share",
          "why");

  public Predictions {
    rows = List.copyOf(rows);
  }

  /** Of all results that were counted. */
  public static Predictions of(GpuModel gpu, List<BenchResult> results) {
    List<Row> rows = new ArrayList<>();
    for (BenchResult result : results) {
      Bounds.of(result, gpu).ifPresent(bounds -> rows.add(new Row(result, bounds)));
    }
    return new Predictions(gpu, rows);
  }

  /** Cells under {@link #HEADER}, a line for each pass. */
  public List<List<String>> table() {
    return rows.stream().map(Predictions::cells).toList();
  }

  private static List<String> cells(Row row) {
    BenchCase pass = row.result().row();
    Bounds bounds = row.bounds();
    return List.of(
        pass.kernel(),
        pass.pass(),
        pass.dtype().suffix(),
        pass.extents(),
        pass.tile(),
        String.format(Locale.ROOT, "%.2f", 1e6 * bounds.secondsAtLeast()),
        bounds.limiter().label(),
        bounds.order().get(1).label(),
        String.format(Locale.ROOT, "%.0f %%", 100 * bounds.nextShare()),
        Exceptions.why(row.result(), bounds));
  }

  /**
   * Why anything else limits a pass, or nearly: a line for each reason, in words. The figures of
   * each pass stand in its last cell of {@link #table}.
   */
  public List<String> reasons() {
    return Exceptions.inWords(gpu, rows);
  }

  /** All of this as Markdown. */
  public List<String> markdown() {
    List<String> lines = new ArrayList<>(List.of("## Predicted for " + gpu.name(), ""));
    lines.add(summary() + ".");
    reasons().forEach(reason -> lines.addAll(List.of("", "- " + reason + ".")));
    lines.add("");
    lines.add("| " + String.join(" | ", HEADER) + " |");
    lines.add("|---|---|---|---|---|---:|---|---|---:|---|");
    table().forEach(cells -> lines.add("| " + String.join(" | ", cells) + " |"));
    return lines;
  }

  /** How many are limited by memory or tensor cores, with nothing else near. */
  public String summary() {
    long clear = rows.stream().filter(row -> row.bounds().isClear()).count();
    return String.format(
        Locale.ROOT,
        "predicted for %s (%s): %d of %d passes limited by memory or tensor cores, every other"
            + " resource below %.0f %% of that",
        gpu.name(),
        gpu.product(),
        clear,
        rows.size(),
        100 * Bounds.CLEAR);
  }

  /** Seconds of every resource, predicted, by the name of the GPU. */
  static Map<String, Object> json(BenchResult result, List<GpuModel> gpus) {
    Map<String, Object> predicted = new LinkedHashMap<>();
    for (GpuModel gpu : gpus) {
      Optional<Bounds> bounds = Bounds.of(result, gpu);
      bounds.ifPresent(
          least -> {
            Map<String, Object> one = new LinkedHashMap<>();
            one.put("limiter", least.limiter().name().toLowerCase(Locale.ROOT));
            one.put("why", Exceptions.why(result, least));
            least
                .seconds()
                .forEach(
                    (resource, time) -> one.put(resource.name().toLowerCase(Locale.ROOT), time));
            predicted.put(gpu.name(), one);
          });
    }
    return predicted;
  }
}
