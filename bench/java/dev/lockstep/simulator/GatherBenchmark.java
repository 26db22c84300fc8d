package dev.lockstep.simulator;

import dev.lockstep.device.DeviceBuffer;
import dev.lockstep.device.DeviceOptions;
import dev.lockstep.device.Kernel;
import dev.lockstep.device.KernelArgs;
import dev.lockstep.device.KernelCounters;
import dev.lockstep.device.KernelImage;
import dev.lockstep.device.Launch;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
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
 * What counting costs where it costs most: 2¹⁸ threads each load from random places of a table of 4
 * MiB, with and without counters. Run from the repository's root.
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
public class GatherBenchmark {
  private static final int TABLE = 1 << 20;
  private static final int THREADS = 1 << 18;
  private static final int BLOCK = 256;

  /** Of each thread. */
  @Param({"1", "2", "4", "8"})
  public int loads;

  @Param({"false", "true"})
  public boolean counted;

  private SimulatedDevice device;
  private SimulatedStream stream;
  private Kernel kernel;
  private DeviceBuffer results;
  private final KernelArgs args = new KernelArgs();

  /** Opens a device and fills the table, each element with its place. */
  @Setup
  public void open() throws IOException {
    device = new SimulatedDevice(DeviceOptions.defaults());
    stream = device.newStream();
    DeviceBuffer table = device.allocate((long) TABLE * Float.BYTES);
    results = device.allocate((long) THREADS * Float.BYTES);
    float[] places = new float[TABLE];
    IntStream.range(0, TABLE).forEach(i -> places[i] = i);
    try (Arena arena = Arena.ofConfined()) {
      stream.copyToDevice(table, 0, arena.allocateFrom(ValueLayout.JAVA_FLOAT, places));
    }
    args.address(table, 0).address(results, 0).int32(TABLE - 1);
    String ptx = Files.readString(Path.of("bench/kernels/gather.ptx"));
    kernel = device.load(KernelImage.ofPtx("gather", ptx)).kernel("gather_" + loads);
  }

  /** Starts counting anew, so that counts do not pile up. */
  @Setup(Level.Iteration)
  public void count() {
    if (counted) {
      device.capability(KernelCounters.class).orElseThrow().start();
    }
  }

  /** Ends what {@link #count} began. */
  @TearDown(Level.Iteration)
  public void stop() {
    if (counted) {
      device.capability(KernelCounters.class).orElseThrow().stop();
    }
  }

  @Benchmark
  public void simulator() {
    stream.launch(kernel, Launch.of(THREADS / BLOCK, BLOCK), args);
  }

  /** Holds the result to the same in plain Java. */
  @TearDown
  public void close() {
    simulator();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment host = arena.allocate(results.bytes(), Float.BYTES);
      stream.copyToHost(host, results, 0);
      float[] found = host.toArray(ValueLayout.JAVA_FLOAT);
      for (int i = 0; i < THREADS; i++) {
        if (found[i] != expected(i)) {
          throw new IllegalStateException("thread " + i + " has " + found[i]);
        }
      }
    }
    device.close();
  }

  private float expected(int thread) {
    int place = thread;
    float sum = 0;
    for (int k = 0; k < loads; k++) {
      place = place * 1664525 + 1013904223;
      sum += place >>> 8 & TABLE - 1;
    }
    return sum;
  }
}
