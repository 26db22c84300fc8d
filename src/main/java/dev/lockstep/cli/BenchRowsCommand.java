package dev.lockstep.cli;

import dev.lockstep.device.Device;
import dev.lockstep.device.DeviceException;
import dev.lockstep.device.DeviceFault;
import dev.lockstep.device.DeviceInfo;
import dev.lockstep.device.Devices;
import dev.lockstep.numeric.DType;
import dev.lockstep.profile.bench.RowBench;
import dev.lockstep.profile.bench.RowCase;
import dev.lockstep.profile.bench.RowCases;
import dev.lockstep.profile.bench.RowJson;
import dev.lockstep.profile.bench.RowResult;
import dev.lockstep.profile.bench.RowTable;
import dev.lockstep.profile.bench.Sizes;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.Spec;

/** Measures the kernels that go over rows or elements once. */
@Command(
    name = "rows",
    description = {
      "Measures kernels bound by memory: norms, losses, activations, gates, optimizers and others.",
      "On a device that counts (the simulator) it counts the sectors of global memory they"
          + " request,",
      "against the fewest that hold what has to move; on a GPU it takes the time."
    },
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    sortOptions = false,
    footer = {
      "",
      BenchRowsCommand.COLUMNS,
      "",
      "Limits hold where rows begin at a sector, for norms with at least 16384 rows; kernels held"
          + " to",
      "one may have no bank conflicts either. Exit code 1 when either is missed or a register is",
      "spilled.",
      "",
      "Examples:",
      "  lockstep bench rows --device sim --json rows.json",
      "  lockstep bench rows --device sim --gpu h100 --kernel rmsnorm --kernel gate",
      "  lockstep bench rows --kernel cross_entropy --dtype f32 --rows 64 --cols 50257,50304",
      "  lockstep bench rows --list"
    })
final class BenchRowsCommand implements Callable<Integer> {
  /** Of the table of a device that counts. */
  static final String COLUMNS =
      """
      Columns: fewest, the bytes that have to move (of a row of cross-entropy too long for shared
      memory three times its own: one that is kept on chip all the same shows as 0.67); ratio, sectors
      of 32 bytes requested to those the fewest bytes fill, and the limit it is held to; instr,
      instructions by threads for each element (of PTX; the machine's differ a little); conflicts, of
      shared-memory banks; regs and spilled, registers of a thread and bytes of those that did not
      fit; occupancy, resident warps; memory us and issue us, what bytes and instructions take on that
      GPU at least: the larger is a lower bound of the time.\
      """;

  private static final List<DType> TYPES = List.of(DType.F32, DType.F16, DType.BF16);

  @Mixin private final Console console = new Console();
  @Mixin private final DeviceSelection device = new DeviceSelection();

  @Spec private @Nullable CommandSpec spec;

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

  @Option(
      names = "--rows",
      paramLabel = "N",
      description = "rows, or tensors for the optimizers (default: the kernel's own)")
  private @Nullable Long rows;

  @Option(
      names = "--cols",
      paramLabel = "N",
      split = ",",
      description = "columns, vocabularies or elements of a tensor (default: the kernel's own)")
  private List<Long> cols = new ArrayList<>();

  @Option(names = "--list", description = "only say what there is to measure")
  private boolean list;

  @Option(names = "--json", paramLabel = "FILE", description = "also write all results as JSON")
  private @Nullable Path json;

  @Option(
      names = "--markdown",
      paramLabel = "FILE",
      description = "also write the table as Markdown")
  private @Nullable Path markdown;

  @Override
  public Integer call() {
    List<RowCase> cases = UserError.judging(() -> RowCases.of(kernels, type(), sizes()));
    if (list) {
      names(cases).lines().forEach(console::print);
      return Lockstep.OK;
    }
    try (JsonFile jsonFile = json == null ? null : new JsonFile("--json", json);
        JsonFile tableFile = markdown == null ? null : new JsonFile("--markdown", markdown)) {
      return measure(cases, jsonFile, tableFile);
    }
  }

  private int measure(
      List<RowCase> cases, @Nullable JsonFile jsonFile, @Nullable JsonFile tableFile) {
    Devices.Choice choice = device.open();
    try (Device opened = choice.device();
        RowBench bench = new RowBench(opened);
        Progress progress = Progress.towards("bench", cases.size(), console)) {
      DeviceInfo info = opened.info();
      progress.print(
          "device   %s: %s (%s)".formatted(info.provider(), info.name(), choice.reason()));
      RowTable table = new RowTable(cases, bench.counts());
      progress.print(table.header());
      List<RowResult> results = new ArrayList<>();
      for (RowCase row : cases) {
        progress.say(row.toString());
        RowResult result = measure(bench, row);
        results.add(result);
        progress.print(table.line(result));
        progress.step();
      }
      if (jsonFile != null) {
        jsonFile.write(RowJson.of(Version.get(), info, results));
      }
      if (tableFile != null) {
        List<String> lines = new ArrayList<>(heading(info, bench.counts()));
        lines.addAll(table.markdown(results));
        tableFile.writeText(String.join("\n", lines));
      }
      return judge(results, progress);
    }
  }

  /** Shapes are the user's: what an op or the device refuses is the user's to change. */
  private static RowResult measure(RowBench bench, RowCase row) {
    try {
      return UserError.judging(() -> bench.measure(row));
    } catch (DeviceFault e) {
      throw e;
    } catch (DeviceException e) {
      throw new UserError(row + ": " + e.getMessage(), e);
    }
  }

  /** What stands above the table in a file: where it comes from and what the columns say. */
  private List<String> heading(DeviceInfo info, boolean counts) {
    ParseResult given =
        Objects.requireNonNull(spec, "set by picocli").commandLine().getParseResult();
    List<String> lines = new ArrayList<>();
    lines.add("# Row kernels");
    lines.add("");
    lines.add("`lockstep %s`: %s.".formatted(String.join(" ", given.originalArgs()), info.name()));
    if (counts) {
      lines.add("");
      lines.add(COLUMNS);
    }
    lines.add("");
    return lines;
  }

  private static int judge(List<RowResult> results, Progress progress) {
    List<RowResult> missed = results.stream().filter(result -> !result.misses().isEmpty()).toList();
    progress.print("");
    for (RowResult result : missed) {
      progress.print("MISSED " + result.row() + ": " + String.join(", ", result.misses()));
    }
    long held = results.stream().filter(result -> result.row().limit().isPresent()).count();
    progress.print(
        "%d measured, %d of them with a limit, %d missed"
            .formatted(results.size(), held, missed.size()));
    return missed.isEmpty() ? Lockstep.OK : Lockstep.FAILED;
  }

  private static Table names(List<RowCase> cases) {
    Map<String, Set<String>> passes = new LinkedHashMap<>();
    Map<String, String> groups = new LinkedHashMap<>();
    for (RowCase row : cases) {
      groups.put(row.kernel(), row.group());
      passes.computeIfAbsent(row.kernel(), kernel -> new LinkedHashSet<>()).add(row.pass());
    }
    Table table = new Table().row("kernel", "group", "passes");
    groups.forEach(
        (kernel, group) ->
            table.row(kernel, group, String.join(", ", passes.getOrDefault(kernel, Set.of()))));
    return table;
  }

  private DType type() {
    String suffix = dtype.toLowerCase(Locale.ROOT).replaceFirst("^fp", "f");
    return TYPES.stream()
        .filter(type -> type.suffix().equals(suffix))
        .findFirst()
        .orElseThrow(
            () -> new UserError("--dtype " + dtype + " is no storage type; use f32, f16 or bf16"));
  }

  private Sizes sizes() {
    if (rows != null) {
      requirePositive("--rows", rows);
    }
    cols.forEach(number -> requirePositive("--cols", number));
    return new Sizes(rows == null ? OptionalLong.empty() : OptionalLong.of(rows), cols);
  }

  private static void requirePositive(String option, long number) {
    if (number < 1) {
      throw new UserError(option + " " + number + " must be at least 1");
    }
  }
}
