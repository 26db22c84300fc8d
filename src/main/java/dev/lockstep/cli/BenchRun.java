package dev.lockstep.cli;

import dev.lockstep.device.Device;
import dev.lockstep.device.DeviceException;
import dev.lockstep.device.DeviceFault;
import dev.lockstep.device.DeviceInfo;
import dev.lockstep.device.Devices;
import dev.lockstep.device.GpuModel;
import dev.lockstep.numeric.DType;
import dev.lockstep.profile.Columns;
import dev.lockstep.profile.bench.BenchCase;
import dev.lockstep.profile.bench.BenchJson;
import dev.lockstep.profile.bench.BenchResult;
import dev.lockstep.profile.bench.BenchTable;
import dev.lockstep.profile.bench.Fusion;
import dev.lockstep.profile.bench.KernelBench;
import dev.lockstep.profile.bench.Peaks;
import dev.lockstep.profile.bench.Predictions;
import dev.lockstep.profile.bench.RooflinePage;
import dev.lockstep.profile.bench.TileChoices;
import dev.lockstep.profile.bench.Variants;
import dev.lockstep.tensor.Shape;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.Spec;

/** What all commands that measure kernels have in common: their options, and the measuring. */
final class BenchRun {
  private static final List<DType> TYPES = List.of(DType.F32, DType.F16, DType.BF16);

  /** Columns of the table of a device that takes the time. */
  static final String TIMED =
      """
      Columns on a GPU: us, the median of 21 runs by its own clock, after 3 to warm up, each with the
      cache filled with something else; ways of doing the same work take turns. spread, how far apart
      the middle half of the runs is; memory us, what the bytes take at the data sheet's rate; GB/s of
      the fewest bytes and TFLOP/s; of copy and of product, as a share of what a copy on the device and
      a large matrix product reached in the same run; of peak, of the data sheet's.\
      """;

  @Mixin private final Console console = new Console();
  @Mixin private final DeviceSelection device = new DeviceSelection();

  @Spec(Spec.Target.MIXEE)
  private @Nullable CommandSpec spec;

  @Option(
      names = "--kernel",
      paramLabel = "NAME",
      description = "only this kernel, or group of kernels; may be repeated (default: all)")
  private List<String> kernels = new ArrayList<>();

  @Option(
      names = "--dtype",
      paramLabel = "TYPE",
      description = "storage type: f32, f16 or bf16 (default: bf16)")
  private String dtype = DType.BF16.suffix();

  @Option(names = "--list", description = "only say what there is to measure")
  private boolean list;

  @Option(names = "--json", paramLabel = "FILE", description = "also write all results as JSON")
  private @Nullable Path json;

  @Option(
      names = "--markdown",
      paramLabel = "FILE",
      description = "also write the table as Markdown")
  private @Nullable Path markdown;

  @Option(
      names = "--predict",
      paramLabel = "GPU",
      split = ",",
      description =
          "from what was counted, predict what passes take at least on these GPUs, a100 and h100"
              + " for example, and what limits them")
  private List<String> predict = new ArrayList<>();

  @Option(
      names = "--roofline",
      paramLabel = "FILE",
      description =
          "also draw the passes under the roofs of those GPUs (default: the modelled one), as a"
              + " page (HTML)")
  private @Nullable Path roofline;

  /** Kernels, or groups of them, that were asked for. */
  List<String> kernels() {
    return kernels;
  }

  /** The storage type that was asked for. */
  DType type() {
    String suffix = dtype.toLowerCase(Locale.ROOT).replaceFirst("^fp", "f");
    return TYPES.stream()
        .filter(type -> type.suffix().equals(suffix))
        .findFirst()
        .orElseThrow(
            () -> new UserError("--dtype " + dtype + " is no storage type; use f32, f16 or bf16"));
  }

  static void requirePositive(String option, long number) {
    UserError.requireAtLeast(option, number, 1);
  }

  /**
   * Measures all cases.
   *
   * @param title of the file the table is written to
   * @param columns what they say, on a device that counts
   * @param fusions among the cases
   * @param peak the product whose rate others are a share of, on a device that takes the time; M, N
   *     and K, or empty where there are no products
   */
  int run(
      String title,
      String columns,
      List<BenchCase> cases,
      List<Fusion> fusions,
      Optional<Shape> peak) {
    if (list) {
      names(cases).lines().forEach(console::print);
      return Lockstep.OK;
    }
    List<GpuModel> asked = UserError.judging(() -> predict.stream().map(GpuModel::named).toList());
    try (OutputFile jsonFile = json == null ? null : new OutputFile("--json", json);
        OutputFile page = roofline == null ? null : new OutputFile("--roofline", roofline);
        OutputFile tableFile = markdown == null ? null : new OutputFile("--markdown", markdown)) {
      Devices.Choice choice = device.open();
      try (Device opened = choice.device();
          KernelBench bench = new KernelBench(opened);
          Progress progress = Progress.towards("bench", cases.size(), console)) {
        DeviceInfo info = opened.info();
        List<GpuModel> gpus = predicted(asked, bench);
        if (bench.counts() && given().hasMatchedOption("--peak")) {
          throw new UserError("--peak is for a device that takes the time, and this one counts");
        }
        progress.print(DeviceSelection.line(choice));
        Optional<Peaks> peaks = bench.counts() ? Optional.empty() : Optional.of(peaks(bench, peak));
        peaks.ifPresent(best -> progress.print(best.toString()));
        BenchTable table = new BenchTable(cases, peaks);
        List<BenchResult> results = measure(bench, table, cases, progress);
        List<Fusion.Saving> savings =
            fusions.stream().flatMap(fusion -> fusion.saving(results).stream()).toList();
        if (jsonFile != null) {
          jsonFile.writeJson(BenchJson.of(Version.get(), info, results, savings, peaks, gpus));
        }
        List<Predictions> predictions =
            gpus.stream().map(gpu -> Predictions.of(gpu, results)).toList();
        if (tableFile != null) {
          List<String> lines =
              new ArrayList<>(heading(title, bench.counts() ? columns : TIMED, info));
          lines.addAll(table.markdown(results));
          savings.forEach(saving -> lines.addAll(List.of("", saving.toString())));
          TileChoices.lines(results).forEach(line -> lines.addAll(List.of("", line.strip())));
          Variants.lines(results).forEach(line -> lines.addAll(List.of("", line)));
          for (Predictions prediction : predict.isEmpty() ? List.<Predictions>of() : predictions) {
            lines.add("");
            lines.addAll(prediction.markdown());
          }
          tableFile.writeText(String.join("\n", lines));
        }
        if (!predict.isEmpty()) {
          predictions.forEach(prediction -> print(prediction, progress));
        }
        if (page != null) {
          page.writeText(RooflinePage.of(command(), predictions, savings).html());
          progress.print("roofline " + page.path());
        }
        return judge(results, savings, progress);
      }
    }
  }

  private static List<BenchResult> measure(
      KernelBench bench, BenchTable table, List<BenchCase> cases, Progress progress) {
    progress.print(table.header());
    List<BenchResult> results = new ArrayList<>();
    Set<String> obstacles = new LinkedHashSet<>();
    for (List<BenchCase> variants : bench.counts() ? each(cases) : Variants.of(cases)) {
      List<BenchCase> possible = new ArrayList<>();
      for (BenchCase row : variants) {
        Optional<String> obstacle = bench.obstacle(row);
        obstacle.ifPresent(obstacles::add);
        if (obstacle.isEmpty()) {
          possible.add(row);
        }
      }
      if (!possible.isEmpty()) {
        progress.say(possible.getFirst().toString());
        List<BenchResult> more =
            bench.measure(possible, (row, why) -> obstacles.add(refused(row, why)));
        more.forEach(result -> progress.print(table.line(result)));
        results.addAll(more);
      }
      variants.forEach(row -> progress.step());
    }
    if (results.isEmpty()) {
      throw new UserError(String.join("; ", obstacles));
    }
    obstacles.forEach(obstacle -> progress.print("left out " + obstacle));
    return results;
  }

  /** Where nothing is timed, one after another, in their order. */
  private static List<List<BenchCase>> each(List<BenchCase> cases) {
    return cases.stream().map(List::of).toList();
  }

  /**
   * Shapes are the user's: what an op or the device refuses is the user's to change. Not every
   * library does everything: what it refuses is left out.
   */
  private static String refused(BenchCase row, RuntimeException why) {
    String message =
        switch (why) {
          case DeviceFault fault -> throw fault;
          case DeviceException refusal -> row + ": " + refusal.getMessage();
          case IllegalArgumentException refusal -> String.valueOf(refusal.getMessage());
          default -> throw why;
        };
    if (!KernelBench.isByLibrary(row)) {
      throw new UserError(message, why);
    }
    return message;
  }

  private Peaks peaks(KernelBench bench, Optional<Shape> peak) {
    try {
      return bench.peaks(type(), peak);
    } catch (DeviceFault e) {
      throw e;
    } catch (DeviceException e) {
      throw new UserError(
          "the peaks of this device: "
              + e.getMessage()
              + (peak.isPresent() ? "; a smaller --peak of bench matmul needs less" : ""),
          e);
    }
  }

  /** GPUs to predict for: those asked for, and for a page at least the one that is modelled. */
  private List<GpuModel> predicted(List<GpuModel> asked, KernelBench bench) {
    boolean wanted = !asked.isEmpty() || roofline != null;
    if (wanted && !bench.counts()) {
      throw new UserError(
          (asked.isEmpty() ? "--roofline" : "--predict")
              + " needs what is counted, and this device takes the time; use --device sim");
    }
    List<GpuModel> gpus = asked.isEmpty() && wanted ? bench.gpu().stream().toList() : asked;
    for (GpuModel gpu : gpus) {
      if (gpu.rates().bf16() == 0) {
        throw new UserError(
            "%s (%s) does not run these kernels; predict for one of compute capability 8.0 or newer"
                .formatted(gpu.name(), gpu.product()));
      }
    }
    return gpus;
  }

  private static void print(Predictions predictions, Progress progress) {
    Columns table = new Columns().row(Predictions.HEADER);
    predictions.table().forEach(table::row);
    progress.print("");
    progress.print(predictions.summary());
    table.lines().forEach(progress::print);
    predictions.reasons().forEach(progress::print);
  }

  /** What the user typed. */
  private String command() {
    return "lockstep " + String.join(" ", given().originalArgs());
  }

  private ParseResult given() {
    return Objects.requireNonNull(spec, "set by picocli").commandLine().getParseResult();
  }

  /** What stands above the table in a file: where it comes from and what the columns say. */
  private List<String> heading(String title, String columns, DeviceInfo info) {
    List<String> lines = new ArrayList<>();
    lines.add("# " + title);
    lines.add("");
    lines.add("`%s`: %s.".formatted(command(), info.name()));
    if (!columns.isEmpty()) {
      lines.add("");
      lines.add(columns);
    }
    lines.add("");
    return lines;
  }

  private static int judge(
      List<BenchResult> results, List<Fusion.Saving> savings, Progress progress) {
    List<BenchResult> missed =
        results.stream().filter(result -> !result.misses().isEmpty()).toList();
    long lost = savings.stream().filter(Fusion.Saving::isMissed).count();
    progress.print("");
    savings.forEach(saving -> progress.print(saving.toString()));
    TileChoices.lines(results).forEach(progress::print);
    Variants.lines(results).forEach(progress::print);
    for (BenchResult result : missed) {
      progress.print("MISSED " + result.row() + ": " + String.join(", ", result.misses()));
    }
    long held = results.stream().filter(result -> result.row().limit().isPresent()).count();
    progress.print(
        "%d measured, %d of them with a limit, %d missed"
            .formatted(results.size(), held, missed.size() + lost));
    return missed.isEmpty() && lost == 0 ? Lockstep.OK : Lockstep.FAILED;
  }

  private static Columns names(List<BenchCase> cases) {
    Map<String, Set<String>> passes = new LinkedHashMap<>();
    Map<String, String> groups = new LinkedHashMap<>();
    for (BenchCase row : cases) {
      groups.put(row.kernel(), row.group());
      passes.computeIfAbsent(row.kernel(), kernel -> new LinkedHashSet<>()).add(row.pass());
    }
    Columns table = new Columns().row("kernel", "group", "passes");
    groups.forEach(
        (kernel, group) ->
            table.row(kernel, group, String.join(", ", passes.getOrDefault(kernel, Set.of()))));
    return table;
  }
}
