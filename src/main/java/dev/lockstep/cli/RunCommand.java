package dev.lockstep.cli;

import dev.lockstep.check.run.Argument;
import dev.lockstep.check.run.EntryList;
import dev.lockstep.check.run.KernelFile;
import dev.lockstep.check.run.KernelRun;
import dev.lockstep.check.run.RunResult;
import dev.lockstep.check.run.Setting;
import dev.lockstep.check.run.Suite;
import dev.lockstep.check.run.SuiteReport;
import dev.lockstep.check.run.SuiteRunner;
import dev.lockstep.device.Device;
import dev.lockstep.device.DeviceException;
import dev.lockstep.device.DeviceFault;
import dev.lockstep.device.Devices;
import dev.lockstep.device.Dim3;
import dev.lockstep.device.KernelOutput;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.Spec;

/** Runs any kernel with given arguments, or a suite of such cases. */
@Command(
    name = "run",
    description = {
      "Runs a kernel of a PTX or CUDA file with given arguments and prints what it wrote.",
      "A .cu file goes through nvcc. With --suite runs many such cases; with --list says what"
          + " a file",
      "holds."
    },
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    sortOptions = false,
    footer = {
      "",
      "An argument A is a buffer or a value; there is one for each parameter, in order:",
      "  in:TYPE:VALUES      a buffer the kernel reads",
      "  inout:TYPE:VALUES   a buffer it reads and writes; printed",
      "  out:TYPE:COUNT      a buffer of zeros it writes; printed",
      "  TYPE:VALUE          a number: s32:7 u64:0x10 f32:1.5 f16:inf f64:nan",
      "  bytes:HEX           a structure passed by value, as it lies in memory",
      "  tensormap:dims=64x32,box=16x8[,strides=256][,swizzle=128]:BUFFER",
      "                      a CUtensorMap of a tensor in BUFFER (one of the first three), passed"
          + " by",
      "                      value: sizes in elements, innermost first, strides in bytes from the",
      "                      second dimension on (without gaps if not given), swizzle 32, 64 or"
          + " 128",
      "TYPE is s8 u8 b8 s16 u16 b16 s32 u32 b32 s64 u64 b64 f16 bf16 f32 or f64. VALUES are"
          + " numbers",
      "(1,2,3), a file of raw little-endian elements (@data.bin), zeros:COUNT, iota:COUNT (0, 1,"
          + " ...)",
      "or rand:COUNT:SEED (floats from -1 to 1, any integers).",
      "",
      "--var NAME=A sets a variable (in), prints it after the launch (out, which leaves it as the",
      "file says until then) or both (inout); A is a buffer, a number or bytes. Fewer bytes than",
      "the variable has are its beginning. NAME is the PTX's; C++ ones answer to the source's too.",
      "",
      "A suite is a JSON file, its paths relative to it, its buffers hexadecimal in memory order:",
      "  {\"cases\":[{\"name\":\"add\",\"ptx\":\"add.ptx\",\"grid\":[1,1,1],\"block\":[2,1,1],\"args\":[",
      "    {\"in\":\"0000803f00000040\"},{\"out\":8,\"expect\":\"0000004000004040\",\"compare\":\"f32\"},",
      "    {\"type\":\"s32\",\"value\":2}]}]}",
      "Variables: {\"variables\":[{\"name\":\"coef\",\"in\":\"0000803f\"},",
      "    {\"name\":\"count\",\"inout\":\"00000000\",\"expect\":\"03000000\"}]}, with the keys of"
          + " args.",
      "Besides: entry, sharedBytes, cluster, inout, bytes, tensormap (in a buffer:"
          + " {\"dims\":[64,32],",
      "\"box\":[16,8]}), rtol and atol; fault, the name of the fault a" + " case",
      "must end with (the sanitizer is on for it unless told otherwise); sanitize, gpu, schedule,",
      "approx, mma and stepLimit as on the command line.",
      "",
      "Examples:",
      "  lockstep run add.ptx --list",
      "  lockstep run add.ptx --grid 1 --block 3 --arg in:f32:1,2,3 --arg inout:f32:4,5,6 --arg"
          + " s32:3",
      "  lockstep run sum.cu --entry sum --grid 8 --block 32,8 --arg in:f32:@x.bin --arg out:f32:8",
      "  lockstep run filter.cu --grid 4 --block 128 --var coef=in:f32:0.25,0.5,0.25"
          + " --var hits=out:u32:1",
      "      --arg in:f32:iota:512 --arg out:f32:512",
      "  lockstep run tiles.cu --device cuda --grid 4,4 --block 128 --cluster 2 --arg out:f32:2048",
      "      --arg tensormap:dims=64x32,box=16x8:in:f32:iota:2048",
      "  lockstep run race.ptx --grid 1 --block 64 --arg out:u32:64 --sanitize on",
      "  lockstep run --suite cases.json --json report.json",
      "",
      "Exit codes: 0 all well, 1 a case failed or --list found what cannot be executed,",
      "2 wrong arguments or input, instructions that cannot be executed included, 3 a fault: the",
      "kernel did what no kernel may."
    })
final class RunCommand implements Callable<Integer> {
  /** What only a launch of one kernel can use. */
  private static final String[] LAUNCHING = {
    "--entry",
    "--grid",
    "--block",
    "--shared",
    "--cluster",
    "--arg",
    "--var",
    "--trace",
    "--counters"
  };

  @Mixin private final Console console = new Console();
  @Mixin private final DeviceSelection device = new DeviceSelection();

  @Spec private @Nullable CommandSpec spec;

  @Parameters(
      arity = "0..1",
      paramLabel = "FILE",
      description = "PTX text, or CUDA C++ when its name ends in .cu")
  private @Nullable Path file;

  @Option(
      names = "--entry",
      paramLabel = "NAME",
      description = "which kernel, when the file has several")
  private @Nullable String entry;

  @Option(names = "--grid", paramLabel = "X[,Y,Z]", description = "blocks of the grid")
  private @Nullable String grid;

  @Option(names = "--block", paramLabel = "X[,Y,Z]", description = "threads of each block")
  private @Nullable String block;

  @Option(
      names = "--shared",
      paramLabel = "BYTES",
      description = "dynamic shared memory of each block (default: 0)")
  private int shared;

  @Option(
      names = "--cluster",
      paramLabel = "X[,Y,Z]",
      description =
          "blocks that run together as a cluster and reach each other's shared memory; they divide"
              + " the grid. At most 8, and up to 16 where the GPU has room for them. Needs compute"
              + " capability 9.0 and --device cuda")
  private @Nullable String cluster;

  @Option(names = "--arg", paramLabel = "A", description = "the kernel's next argument; see below")
  private List<String> arguments = new ArrayList<>();

  @Option(
      names = "--var",
      paramLabel = "NAME=A",
      description =
          "a variable of the module (__constant__, __device__): set before the launch, printed"
              + " after it, or both; see below")
  private List<String> variables = new ArrayList<>();

  @Option(
      names = "--trace",
      paramLabel = "block=B,warp=W",
      description = "print what a warp executes; B is X,Y,Z or the number of a block (simulator)")
  private @Nullable String trace;

  @Option(
      names = "--counters",
      description = "count what the kernel does, and show its hottest lines (simulator)")
  private boolean counters;

  @Option(names = "--list", description = "load every kernel of the file and say what it needs")
  private boolean list;

  @Option(names = "--suite", paramLabel = "FILE", description = "run the cases of a JSON file")
  private @Nullable Path suite;

  @Option(names = "--json", paramLabel = "FILE", description = "also write all results as JSON")
  private @Nullable Path json;

  @Override
  public Integer call() {
    try {
      if (json == null) {
        return dispatch(_ -> {});
      }
      try (OutputFile output = new OutputFile("--json", json)) {
        return dispatch(output::writeJson);
      }
    } catch (OutOfMemoryError e) {
      throw new UserError(
          "not enough memory: %s of %d MiB; LOCKSTEP_JAVA_OPTS=-Xmx8g gives more"
              .formatted(e.getMessage(), Runtime.getRuntime().maxMemory() >> 20),
          e);
    } catch (StackOverflowError e) {
      throw new UserError("the input nests too deeply", e);
    }
  }

  private int dispatch(Consumer<Object> output) {
    if (suite != null) {
      if (file != null) {
        throw new UserError("name a kernel file or a suite, not both: " + file);
      }
      refuse("--suite", "--list");
      refuse("--suite", LAUNCHING);
      return suite(suite, output);
    }
    if (file == null) {
      throw new UserError("name a PTX or .cu file, or --suite FILE (see `lockstep run --help`)");
    }
    if (list) {
      refuse("--list", LAUNCHING);
      return list(file, output);
    }
    return launch(file, output);
  }

  private int launch(Path from, Consumer<Object> output) {
    if (grid == null || block == null) {
      UserError.judging(() -> KernelFile.requireThere(from));
      throw new UserError(
          "say how to launch: " + (grid == null ? "--grid" : "--block") + " X[,Y,Z]");
    }
    Dim3 blocks = Extents.parse("--grid", grid);
    Dim3 threads = Extents.parse("--block", block);
    UserError.requireAtLeast("--shared", shared, 0);
    Optional<Dim3> together =
        Optional.ofNullable(cluster).map(text -> Extents.parse("--cluster", text));
    List<Argument> parsed =
        UserError.judging(() -> arguments.stream().map(Argument::parse).toList());
    List<Setting> settings =
        UserError.judging(() -> variables.stream().map(Setting::parse).toList());
    Devices.Choice choice = device.open();
    try (Device opened = choice.device()) {
      KernelRun run =
          KernelRun.of(readFor(opened, from, together, parsed))
              .grid(blocks)
              .block(threads)
              .sharedBytes(shared)
              .arguments(parsed)
              .variables(settings);
      if (entry != null) {
        run.entry(entry);
      }
      together.ifPresent(run::cluster);
      if (counters) {
        refuse("--counters", "--trace");
        run.count();
      }
      if (trace != null) {
        TracePlace place = TracePlace.parse(trace, blocks);
        run.trace(
            place.block(),
            place.warp(),
            step -> TraceText.lines(step).forEach(line -> console.print("%s", line)));
      }
      RunReport report = new RunReport(console, from, choice);
      opened.capability(KernelOutput.class).ifPresent(prints -> prints.sendTo(report::printed));
      try {
        RunResult result = UserError.judging(() -> run.run(opened));
        report.finished(result);
        output.accept(report.json(result));
        return Lockstep.OK;
      } catch (DeviceFault fault) {
        FaultReport found = FaultReport.of(fault);
        found.lines().forEach(console.err()::println);
        output.accept(report.json(found));
        // What cannot be executed is refused before anything runs, as other input is.
        return fault instanceof DeviceFault.UnsupportedInstruction
            ? Lockstep.USAGE
            : Lockstep.FAULT;
      }
    } catch (DeviceException e) {
      if (isFault(e)) {
        console.err().println("fault  " + e.getMessage());
        return Lockstep.FAULT;
      }
      // Its code, its sizes: all of what the device refuses here was the user's to choose.
      throw new UserError(String.valueOf(e.getMessage()), e);
    }
  }

  /**
   * Codes of CUDA's for what a running kernel did: illegal address (700) to launch failure (719).
   */
  private static boolean isFault(DeviceException e) {
    int outOfResources = 701;
    return e.code() >= 700 && e.code() <= 719 && e.code() != outOfResources;
  }

  private int list(Path from, Consumer<Object> output) {
    Devices.Choice choice = device.openOr("sim");
    try (Device opened = choice.device()) {
      KernelFile read = read(from, opened);
      EntryList entries = UserError.judging(() -> EntryList.of(read, opened));
      ListReport.lines(entries).forEach(line -> console.print("%s", line));
      output.accept(entries);
      return entries.covered() ? Lockstep.OK : Lockstep.FAILED;
    } catch (DeviceException e) {
      throw new UserError(String.valueOf(e.getMessage()), e);
    }
  }

  private int suite(Path from, Consumer<Object> output) {
    Suite cases = UserError.judging(() -> Suite.read(from));
    device.open().device().close(); // So that a device nobody has is one error, not one per case.
    try (SuiteRunner runner = new SuiteRunner(device.name(), device.options(), device.sanitize());
        Progress progress = Progress.towards("run", cases.cases().size(), console)) {
      SuiteReport report =
          runner.run(
              cases,
              result -> {
                progress.step();
                if (!result.passed()) {
                  progress.print(
                      "FAIL " + result.name().replaceAll("\\R", " ") + ": " + result.reason());
                }
              });
      progress.print(report.passed() + " passed, " + report.failed() + " failed");
      output.accept(SuiteJson.of(report));
      return report.failed() == 0 ? Lockstep.OK : Lockstep.FAILED;
    }
  }

  /** Refuses what the device has not, before nvcc says it less well. */
  private static KernelFile readFor(
      Device opened, Path from, Optional<Dim3> cluster, List<Argument> arguments) {
    return UserError.judging(
        () -> {
          KernelRun.requireCapable(opened, cluster, arguments);
          return read(from, opened);
        });
  }

  private static KernelFile read(Path from, Device opened) {
    return UserError.judging(() -> KernelFile.read(from, opened.info()));
  }

  /** Says which option has no place beside another. */
  private void refuse(String mode, String... others) {
    ParseResult given =
        Objects.requireNonNull(spec, "set by picocli").commandLine().getParseResult();
    for (String other : others) {
      if (given.hasMatchedOption(other)) {
        throw new UserError(other + " has no meaning beside " + mode);
      }
    }
  }
}
