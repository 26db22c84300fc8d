package dev.lockstep.profile.bench;

import dev.lockstep.device.ComputeCapability;
import dev.lockstep.device.GpuModel.Rates;
import dev.lockstep.profile.Units;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;

/** Results as lines of text, each printed as soon as it is known, and as a table of Markdown. */
public final class BenchTable {
  /** What is known of a case before it is measured. */
  private record Name(String title, Function<BenchCase, String> cell) {}

  private record Figure(String title, Function<BenchResult, String> cell) {}

  private static final List<Name> NAMES =
      List.of(
          new Name("kernel", BenchCase::kernel),
          new Name("pass", BenchCase::pass),
          new Name("dtype", row -> row.dtype().suffix()),
          new Name("shape", BenchCase::extents));
  private static final Name TILE = new Name("tile", BenchCase::tile);
  private static final Name FEWEST = new Name("fewest", row -> Units.bytes(row.fewestBytes()));
  private static final Name PLANNED = new Name("in tiles", row -> Units.bytes(row.plannedBytes()));

  private static final List<Figure> TRAFFIC =
      List.of(
          new Figure("ratio", result -> number("%.3f", result.ratio())),
          new Figure("limit", result -> number("%.2f", result.row().limit())));
  private static final Figure CONFLICTS =
      new Figure(
          "conflicts",
          result -> result.traffic().map(counted -> "" + counted.bankConflicts()).orElse(""));
  private static final List<Figure> PRODUCT =
      List.of(
          new Figure("per mma", result -> each(result, ProductCounts::instructionsEach)),
          new Figure("in loop", result -> each(result, ProductCounts::loopInstructionsEach)),
          new Figure(
              "tensor",
              result ->
                  result
                      .product()
                      .map(counts -> "%.1f %%".formatted(100 * counts.tensorShare()))
                      .orElse("")),
          CONFLICTS);
  private static final List<Figure> TIME =
      List.of(
          new Figure("us", result -> microseconds(result.seconds())),
          new Figure(
              "spread",
              result ->
                  result
                      .timing()
                      .map(timing -> "%.1f %%".formatted(100 * timing.spread()))
                      .orElse("")));
  private static final List<Figure> RESOURCES =
      List.of(
          new Figure(
              "regs", result -> result.resources().map(taken -> "" + taken.registers()).orElse("")),
          new Figure("spilled", result -> "" + result.spillBytes()));
  private static final Figure SHARED =
      new Figure(
          "shared", result -> result.resources().map(t -> "" + result.sharedBytes(t)).orElse(""));
  private static final Figure OCCUPANCY =
      new Figure(
          "occupancy",
          result ->
              result.occupancy().map(share -> "%.0f %%".formatted(100 * share.share())).orElse(""));
  private static final List<Figure> BOUNDS =
      List.of(
          new Figure("memory us", result -> microseconds(result.memorySeconds())),
          new Figure("issue us", result -> microseconds(result.issueSeconds())));
  private static final Figure MISSED =
      new Figure("", result -> result.misses().isEmpty() ? "" : "MISSED");

  private final List<Name> names;
  private final List<Figure> figures;

  /** How many columns, from the first, hold words. */
  private final int words;

  private final List<Integer> widths = new ArrayList<>();

  /**
   * A table for these cases; if there are matrix products, all are.
   *
   * @param peaks what the device does at best, where results will say how long passes took; empty
   *     where they will say what was counted
   */
  public BenchTable(List<BenchCase> cases, Optional<Peaks> peaks) {
    boolean products = cases.stream().anyMatch(row -> row.product().isPresent());
    names = new ArrayList<>(NAMES);
    names.addAll(products ? List.of(TILE, FEWEST, PLANNED) : List.of(FEWEST));
    words = products ? NAMES.size() + 1 : NAMES.size();
    figures = products ? products(peaks) : rows(peaks);
    titles().forEach(title -> widths.add(title.length()));
    for (BenchCase row : cases) {
      for (int i = 0; i < names.size(); i++) {
        widths.set(i, Math.max(widths.get(i), names.get(i).cell().apply(row).length()));
      }
    }
  }

  private static List<Figure> bytesPerTime(Peaks peaks) {
    return List.of(
        new Figure("memory us", result -> microseconds(result.memorySeconds())),
        new Figure("GB/s", result -> number("%.0f", result.bytesPerSecond(), 1e-9)),
        new Figure(
            "of copy", result -> share(result.bytesPerSecond(), OptionalDouble.of(peaks.copy()))),
        new Figure("of peak", result -> ofPeak(result, result.bytesPerSecond(), Rates::memory)));
  }

  private static List<Figure> flopsPerTime(Peaks peaks) {
    return List.of(
        new Figure("TFLOP/s", result -> number("%.1f", result.flopsPerSecond(), 1e-12)),
        new Figure("of product", result -> share(result.flopsPerSecond(), peaks.of(result.row()))),
        new Figure(
            "of peak",
            result ->
                ofPeak(result, result.flopsPerSecond(), rates -> flops(rates, result.row()))));
  }

  private static List<Figure> rows(Optional<Peaks> peaks) {
    boolean counts = peaks.isEmpty();
    List<Figure> figures = new ArrayList<>();
    if (counts) {
      figures.addAll(TRAFFIC);
      figures.add(new Figure("instr", result -> number("%.2f", result.instructionsPerElement())));
      figures.add(CONFLICTS);
    } else {
      figures.addAll(TIME);
      figures.addAll(bytesPerTime(peaks.get()));
    }
    figures.addAll(RESOURCES);
    figures.add(OCCUPANCY);
    if (counts) {
      figures.addAll(BOUNDS);
    }
    figures.add(MISSED);
    return figures;
  }

  private static List<Figure> products(Optional<Peaks> peaks) {
    List<Figure> figures = new ArrayList<>();
    if (peaks.isEmpty()) {
      figures.addAll(TRAFFIC);
      figures.addAll(PRODUCT);
    } else {
      figures.addAll(TIME);
      figures.addAll(flopsPerTime(peaks.get()));
    }
    figures.addAll(RESOURCES);
    figures.add(SHARED);
    for (ComputeCapability gpu : Architectures.SHOWN) {
      figures.add(new Figure("warps " + gpu.architecture(), result -> residentWarps(result, gpu)));
    }
    figures.add(MISSED);
    return figures;
  }

  /** The titles of the columns. */
  public String header() {
    return line(titles());
  }

  /** One result. */
  public String line(BenchResult result) {
    return line(cells(result));
  }

  /** All of them as a table of Markdown. */
  public List<String> markdown(List<BenchResult> results) {
    List<String> lines = new ArrayList<>();
    lines.add("| " + String.join(" | ", titles()) + " |");
    lines.add("|" + "---|".repeat(words) + "---:|".repeat(titles().size() - words - 1) + "---|");
    results.forEach(result -> lines.add("| " + String.join(" | ", cells(result)) + " |"));
    return lines;
  }

  private List<String> titles() {
    return Stream.concat(names.stream().map(Name::title), figures.stream().map(Figure::title))
        .toList();
  }

  private List<String> cells(BenchResult result) {
    return Stream.concat(
            names.stream().map(name -> name.cell().apply(result.row())),
            figures.stream().map(figure -> figure.cell().apply(result)))
        .toList();
  }

  private static String each(BenchResult result, Function<ProductCounts, OptionalDouble> figure) {
    return result.product().map(counts -> number("%.3f", figure.apply(counts))).orElse("");
  }

  private static String residentWarps(BenchResult result, ComputeCapability gpu) {
    return result.occupancy(gpu).map(share -> "" + share.warps()).orElse("");
  }

  private static String ofPeak(
      BenchResult result, OptionalDouble rate, ToDoubleFunction<Rates> peak) {
    return result
        .gpu()
        .map(gpu -> share(rate, OptionalDouble.of(peak.applyAsDouble(gpu.rates()))))
        .orElse("");
  }

  private static String share(OptionalDouble rate, OptionalDouble peak) {
    return rate.isPresent() && peak.isPresent()
        ? "%.0f %%".formatted(100 * rate.getAsDouble() / peak.getAsDouble())
        : "";
  }

  /** Of tensor cores for types they multiply. */
  private static double flops(Rates rates, BenchCase row) {
    return switch (row.dtype()) {
      case F16 -> rates.f16();
      case BF16 -> rates.bf16();
      case F32, F64, I32 -> row.isTf32() ? rates.tf32() : rates.f32();
    };
  }

  private static String microseconds(OptionalDouble seconds) {
    return number("%.1f", seconds, 1e6);
  }

  private static String number(String format, OptionalDouble value) {
    return number(format, value, 1);
  }

  private static String number(String format, OptionalDouble value, double unit) {
    return value.isPresent() ? String.format(Locale.ROOT, format, unit * value.getAsDouble()) : "";
  }

  private String line(List<String> cells) {
    StringBuilder line = new StringBuilder();
    for (int i = 0; i < cells.size(); i++) {
      String cell = cells.get(i);
      String padding = " ".repeat(Math.max(0, widths.get(i) - cell.length()));
      line.append(i == 0 ? "" : "  ").append(i < words ? cell + padding : padding + cell);
    }
    return line.toString().stripTrailing();
  }
}
