package dev.lockstep.profile.bench;

import dev.lockstep.device.GpuModel;
import dev.lockstep.profile.page.Axis;
import dev.lockstep.profile.page.Block;
import dev.lockstep.profile.page.Chart;
import dev.lockstep.profile.page.Grid;
import dev.lockstep.profile.page.Heading;
import dev.lockstep.profile.page.Page;
import dev.lockstep.profile.page.Paragraph;
import dev.lockstep.profile.page.Series;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Passes of kernels under the roofs of GPUs, as a page (S. Williams, A. Waterman, D. Patterson,
 * "Roofline: An Insightful Visual Performance Model for Multicore Architectures", CACM 52(4),
 * 2009). Every figure is predicted from counts.
 */
public final class RooflinePage {
  private RooflinePage() {}

  /**
   * The page.
   *
   * @param source what the counts come from
   * @param savings of fused kernels
   */
  public static Page of(String source, List<Predictions> predictions, List<Fusion.Saving> savings) {
    List<Block> blocks = new ArrayList<>();
    blocks.add(
        Paragraph.of(
            "Each point is one pass of a kernel: floating-point operations for each byte that has"
                + " to move, and the rate they are predicted to reach at best. It lies under the"
                + " roof of memory (rising) or of a kind of arithmetic (level); what holds it below"
                + " is named in the table. Nothing here was measured on a GPU: all rates are"
                + " predicted from counted work and published peaks."));
    for (Predictions prediction : predictions) {
      blocks.add(new Heading("Predicted for " + prediction.gpu().product()));
      blocks.add(roofline(prediction));
      blocks.add(Paragraph.of(prediction.summary() + "."));
      blocks.add(table(prediction));
    }
    if (!savings.isEmpty()) {
      blocks.add(new Heading("Fused against apart, as counted"));
      savings.forEach(saving -> blocks.add(Paragraph.of(saving.toString())));
    }
    return new Page("Roofline of kernels", source, blocks);
  }

  private static Grid table(Predictions prediction) {
    return new Grid(
        Predictions.HEADER,
        prediction.table().stream().map(cells -> new Grid.Row(cells, false)).toList());
  }

  private static Chart roofline(Predictions prediction) {
    Map<String, List<Series.Point>> groups = new LinkedHashMap<>();
    double least = 1;
    double most = 1;
    for (Predictions.Row row : prediction.rows()) {
      long flops = row.result().arithmetic().orElseThrow().allFlops();
      if (flops == 0) {
        continue; // Copies and gathers have no place under a roof of arithmetic.
      }
      double intensity = (double) flops / row.result().bytesMoved();
      least = Math.min(least, intensity);
      most = Math.max(most, intensity);
      groups
          .computeIfAbsent(row.result().row().group(), group -> new ArrayList<>())
          .add(
              Series.Point.of(
                  intensity,
                  1e-12 * flops / row.bounds().secondsAtLeast(),
                  row.result().row() + ", limited by " + row.bounds().limiter().label()));
    }
    List<Series> series = new ArrayList<>();
    groups.forEach((group, points) -> series.add(new Series(group, Series.Style.POINTS, points)));
    GpuModel.Rates rates = prediction.gpu().rates();
    series.add(roof("memory and fp32", rates.memory(), rates.f32(), least, most));
    series.add(roof("memory and bf16 tensor cores", rates.memory(), rates.bf16(), least, most));
    return new Chart.Plot(
        "Roofline, " + prediction.gpu().product(),
        Axis.log("FLOP for each byte of memory"),
        Axis.log("TFLOP/s, predicted"),
        series);
  }

  /** Rises with the memory's rate up to the peak, and goes on level. */
  private static Series roof(String name, double memory, double peak, double least, double most) {
    double edge = peak / memory;
    List<Series.Point> points = new ArrayList<>();
    points.add(Series.Point.of(least, 1e-12 * Math.min(peak, memory * least)));
    if (least < edge && edge < 2 * most) {
      points.add(Series.Point.of(edge, 1e-12 * peak));
    }
    points.add(Series.Point.of(2 * most, 1e-12 * Math.min(peak, memory * 2 * most)));
    return new Series(name, Series.Style.BOUND, points);
  }
}
