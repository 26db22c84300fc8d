package dev.lockstep.simulator;

import dev.lockstep.device.DeviceBuffer;
import dev.lockstep.device.DeviceOptions;
import dev.lockstep.device.Kernel;
import dev.lockstep.device.KernelArgs;
import dev.lockstep.device.KernelCounters;
import dev.lockstep.device.KernelImage;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
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
 * Plain CUDA kernels, launch to result: as they are, under the sanitizer, with counters. Beside
 * them {@code plainJava}, the same work on one thread, in the same virtual machine's JIT.
 *
 * <p>{@code -p mode=PLAIN} leaves out the watched modes, {@code -p threads=1,2} shows what a second
 * core brings. Run from the repository's root: the kernels are read from {@code bench/kernels}.
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
public class FourKernelsBenchmark {
  /** What is watched during a launch. */
  public enum Watch {
    PLAIN,
    SANITIZED,
    COUNTED
  }

  @Param public FourKernels work;

  @Param public Watch mode;

  /** Worker threads; 0 is one per core. */
  @Param("0")
  public int threads;

  private float[] x;
  private float[] other;
  private int[] targets;
  private float[] result;

  private SimulatedDevice device;
  private SimulatedStream stream;
  private Kernel kernel;
  private DeviceBuffer results;
  private final KernelArgs args = new KernelArgs();

  /** Opens a device and copies the inputs there. */
  @Setup
  public void open() throws IOException {
    x = work.x();
    other = work.other();
    targets = work.targets();
    result = new float[work.results()];
    device =
        new SimulatedDevice(
            DeviceOptions.defaults().withThreads(threads).withSanitize(mode == Watch.SANITIZED));
    stream = device.newStream();
    DeviceBuffer inputs = device.allocate(4L * x.length);
    DeviceBuffer others = device.allocate(4L * (other.length + targets.length));
    results = device.allocate(4L * result.length);
    try (Arena arena = Arena.ofConfined()) {
      stream.copyToDevice(inputs, 0, arena.allocateFrom(ValueLayout.JAVA_FLOAT, x));
      stream.copyToDevice(others, 0, arena.allocateFrom(ValueLayout.JAVA_FLOAT, other));
      stream.copyToDevice(
          others, 4L * other.length, arena.allocateFrom(ValueLayout.JAVA_INT, targets));
    }
    String ptx = Files.readString(Path.of("bench/kernels/four_kernels.ptx"));
    kernel = device.load(KernelImage.ofPtx("four_kernels", ptx)).kernel(work.entry());
    work.arguments(args, inputs.address(), others.address(), results.address());
  }

  /** Starts counting anew, so that counts do not pile up. */
  @Setup(Level.Iteration)
  public void count() {
    if (mode == Watch.COUNTED) {
      device.capability(KernelCounters.class).orElseThrow().start();
    }
  }

  /** Ends what {@link #count} began. */
  @TearDown(Level.Iteration)
  public void stop() {
    if (mode == Watch.COUNTED) {
      device.capability(KernelCounters.class).orElseThrow().stop();
    }
  }

  @Benchmark
  public void simulator() {
    stream.launch(kernel, work.launch(), args);
  }

  @Benchmark
  public float[] plainJava() {
    work.compute(x, other, targets, result);
    return result;
  }

  /** Holds the simulator to plain Java. */
  @TearDown
  public void close() {
    stream.launch(kernel, work.launch(), args);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment host = arena.allocate(results.bytes(), Float.BYTES);
      stream.copyToHost(host, results, 0);
      work.check(host.toArray(ValueLayout.JAVA_FLOAT));
    }
    device.close();
  }
}
