package dev.lockstep.simulator;

import dev.lockstep.device.DeviceOptions;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.NullUnmarked;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Kernels of {@code bench/kernels} on the simulator, launch to result: as they are, under the
 * sanitizer, with counters. Subclasses say which kernels.
 *
 * <p>{@code -p mode=PLAIN} leaves out the watched modes, {@code -p threads=1,2} shows what a second
 * core brings. Run from the repository's root, where the kernels are read from.
 */
@NullUnmarked // JMH calls open() before anything else.
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 4, time = 2)
@Measurement(iterations = 3, time = 2)
@Fork(
    value = 1,
    jvmArgsAppend = {"--enable-native-access=ALL-UNNAMED", "--add-modules=jdk.incubator.vector"})
public abstract class WatchedBenchmark {
  @Param public Watch mode;

  /** Worker threads; 0 is one per core. */
  @Param("0")
  public int threads;

  private WatchedLaunch launch;

  /** What is launched: a parameter of the subclass. */
  abstract WatchedKernel work();

  /** Opens a device and copies the inputs there. */
  @Setup
  public void open() throws IOException {
    DeviceOptions options = DeviceOptions.defaults().withThreads(threads);
    launch = new WatchedLaunch(work(), options.withSanitize(mode == Watch.SANITIZED));
  }

  /** Starts counting anew, so that counts do not pile up. */
  @Setup(Level.Iteration)
  public void count() {
    if (mode == Watch.COUNTED) {
      launch.counters().start();
    }
  }

  /** Ends what {@link #count} began. */
  @TearDown(Level.Iteration)
  public void stop() {
    if (mode == Watch.COUNTED) {
      launch.counters().stop();
    }
  }

  @Benchmark
  public void simulator() {
    launch.launch();
  }

  /** Holds the simulator to plain Java. */
  @TearDown
  public void close() {
    launch.launch();
    launch.check();
    launch.close();
  }
}
