package dev.lockstep.profile.bench;

import dev.lockstep.device.Device;
import dev.lockstep.device.DeviceOptions;
import dev.lockstep.device.Devices;
import dev.lockstep.device.KernelCounters;
import dev.lockstep.device.LaunchCounts;
import dev.lockstep.device.Stream;
import dev.lockstep.numeric.DType;
import dev.lockstep.ops.KernelLibrary;
import dev.lockstep.profile.Median;
import dev.lockstep.tensor.Shape;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/**
 * How fast the simulator itself is: the wall time of kernels from launch to result, and how many
 * times that its other ways of running take. All ways take turns, so that what else the machine
 * does meets them alike.
 */
public final class SimulatorBench implements AutoCloseable {
  private final List<Runner> runners = new ArrayList<>();
  private final Map<DType, Pattern> patterns = CaseMemory.patterns();
  private final Duration warmUp;
  private final int rounds;

  /** A way of running. */
  public enum Way {
    /** As kernels run by default. */
    PLAIN,
    /** With one worker. */
    ONE_THREAD,
    /** With the sanitizer on. */
    SANITIZED,
    /** With counters. */
    COUNTED
  }

  /**
   * What came out of one case.
   *
   * @param seconds median of each way
   * @param instructions by warps, of one pass
   */
  public record Speed(BenchCase row, Map<Way, Double> seconds, long instructions) {
    /** Seconds of that way. */
    public double seconds(Way way) {
      return seconds.getOrDefault(way, Double.NaN);
    }

    /** How many times as long as by default. */
    public double times(Way way) {
      return seconds(way) / seconds(Way.PLAIN);
    }

    /** Instructions by warps each second. */
    public double instructionsPerSecond() {
      return instructions / seconds(Way.PLAIN);
    }
  }

  /** One device, and what it is asked to do beside running. */
  private record Runner(Way way, Device device, KernelLibrary library, Stream stream)
      implements AutoCloseable {
    static Runner of(Way way, DeviceOptions options) {
      Device device = Devices.open("sim", options).device();
      return new Runner(way, device, new KernelLibrary(device), device.newStream());
    }

    @Override
    public void close() {
      stream.close();
      library.close();
      device.close();
    }
  }

  /**
   * Opens a simulator for each way.
   *
   * @param warmUp how long each case is run in all ways before, at least once: until hot code is
   *     compiled, by us and by the JVM
   * @param rounds of all ways, after that; at least 1
   */
  public SimulatorBench(Duration warmUp, int rounds) {
    this.warmUp = warmUp;
    this.rounds = rounds;
    DeviceOptions plain = DeviceOptions.defaults();
    try {
      runners.add(Runner.of(Way.PLAIN, plain));
      runners.add(Runner.of(Way.ONE_THREAD, plain.withThreads(1)));
      runners.add(Runner.of(Way.SANITIZED, plain.withSanitize(true)));
      runners.add(Runner.of(Way.COUNTED, plain));
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  /** An element-wise kernel, a reduction, a loss, and products with and without tensor cores. */
  public static List<BenchCase> cases() {
    List<BenchCase> cases = new ArrayList<>();
    cases.add(row("gelu_tanh", 1024, 1024));
    cases.add(row("layernorm", 1024, 1024));
    cases.add(row("cross_entropy", 256, 4096));
    cases.add(product(DType.F32));
    cases.add(product(DType.BF16));
    return cases;
  }

  private static BenchCase row(String kernel, long rows, long cols) {
    return RowCases.of(List.of(kernel), DType.F32, new Sizes(OptionalLong.of(rows), List.of(cols)))
        .get(0);
  }

  private static BenchCase product(DType dtype) {
    return ProductSuite.of(dtype, List.of(Shape.of(256, 256, 256)))
        .only(List.of("linear"), List.of())
        .cases()
        .get(0);
  }

  /** A case on one of the devices, and how long each round of it took. */
  private record Trial(Runner runner, BenchCase.Pass pass, double[] seconds) {
    /** Runs once; what was counted, if this way counts. */
    List<LaunchCounts> run() {
      if (runner.way() != Way.COUNTED) {
        pass.launch(runner.stream());
        runner.stream().synchronize();
        return List.of();
      }
      KernelCounters counters =
          runner
              .device()
              .capability(KernelCounters.class)
              .orElseThrow(() -> new IllegalStateException("a simulator that does not count"));
      return pass.counted(counters, runner.stream());
    }
  }

  /** Measures one case in all ways. */
  public Speed measure(BenchCase row) {
    List<Trial> trials = new ArrayList<>();
    List<CaseMemory> taken = new ArrayList<>();
    long instructions = 0;
    try {
      for (Runner runner : runners) {
        CaseMemory memory = new CaseMemory(runner.device(), runner.stream(), patterns);
        taken.add(memory);
        BenchCase.Pass pass = row.plan().prepare(runner.library(), memory);
        trials.add(new Trial(runner, pass, new double[rounds]));
        runner.stream().synchronize();
      }
      long begun = System.nanoTime();
      do {
        trials.forEach(Trial::run);
      } while (System.nanoTime() - begun < warmUp.toNanos());
      for (int round = 0; round < rounds; round++) {
        for (Trial trial : trials) {
          long begin = System.nanoTime();
          List<LaunchCounts> counts = trial.run();
          trial.seconds()[round] = (System.nanoTime() - begin) * 1e-9;
          if (!counts.isEmpty()) {
            instructions = Traffic.of(counts).instructions();
          }
        }
      }
    } finally {
      taken.forEach(CaseMemory::close);
    }
    Map<Way, Double> medians = new EnumMap<>(Way.class);
    trials.forEach(trial -> medians.put(trial.runner().way(), Median.of(trial.seconds())));
    return new Speed(row, medians, instructions);
  }

  @Override
  public void close() {
    patterns.values().forEach(Pattern::close);
    runners.forEach(Runner::close);
  }
}
