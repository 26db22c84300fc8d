package dev.lockstep.simulator;

import dev.lockstep.device.DeviceBuffer;
import dev.lockstep.device.DeviceOptions;
import dev.lockstep.device.Kernel;
import dev.lockstep.device.KernelArgs;
import dev.lockstep.device.KernelImage;
import dev.lockstep.device.Launch;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.NullUnmarked;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
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
 * How fast the simulator executes: launches per second, and the instructions in them counted for
 * all 32 lanes ({@code laneInstructions}). One worker thread unless {@code -p threads} says more.
 *
 * <pre>java -cp … org.openjdk.jmh.Main SimulatorBenchmark</pre>
 *
 * <p>{@code bench/README.md} has the whole command. For matrix products see {@code
 * FusedLinearBenchmark -p device=sim}.
 */
@NullUnmarked // JMH calls open() before anything else.
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 5, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(
    value = 2,
    jvmArgsAppend = {"--enable-native-access=ALL-UNNAMED", "--add-modules=jdk.incubator.vector"})
public class SimulatorBenchmark {
  private static final int ROWS = 256;
  private static final int COLUMNS = 1024;
  private static final int GELU_TANH = 6;

  /** What is launched on 256 × 1024 floats. */
  public enum Work {
    /** Elementwise, arithmetic prevails: GELU by its tanh formula. */
    GELU,
    /** A row per block, with shuffles and shared memory. */
    RMSNORM
  }

  @Param({"GELU", "RMSNORM"})
  public Work work;

  @Param({"1"})
  public int threads;

  private SimulatedDevice device;
  private SimulatedStream stream;
  private Kernel kernel;
  private Launch launch;
  private DeviceBuffer out;
  private DeviceBuffer in;
  private DeviceBuffer statistics;
  private final KernelArgs args = new KernelArgs();

  /** Summed over an iteration and divided by its time. */
  @AuxCounters(AuxCounters.Type.OPERATIONS)
  @State(Scope.Thread)
  public static class Counters {
    public long laneInstructions;
  }

  @Setup
  public void open() throws IOException {
    device = new SimulatedDevice(DeviceOptions.defaults().withThreads(threads));
    stream = device.newStream();
    long bytes = (long) ROWS * COLUMNS * Float.BYTES;
    out = device.allocate(bytes);
    in = device.allocate(bytes);
    statistics = device.allocate((long) ROWS * Float.BYTES);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment ones = arena.allocate(bytes, Float.BYTES);
      for (int i = 0; i < ROWS * COLUMNS; i++) {
        ones.setAtIndex(ValueLayout.JAVA_FLOAT, i, 1);
      }
      stream.copyToDevice(in, 0, ones);
    }
    switch (work) {
      case GELU -> {
        kernel = load("activation", "activation_forward_f32");
        launch = Launch.of(64, 256);
        args.address(out, 0)
            .address(in, 0)
            .int64((long) ROWS * COLUMNS)
            .int32(GELU_TANH)
            .float32(0);
      }
      case RMSNORM -> {
        kernel = load("rmsnorm", "rmsnorm_forward_f32");
        launch = Launch.of(ROWS, 128);
        args.address(out, 0)
            .nullAddress()
            .address(statistics, 0)
            .address(in, 0)
            .nullAddress()
            .nullAddress()
            .int64(ROWS)
            .int64(COLUMNS)
            .float32(0);
      }
    }
  }

  @Benchmark
  public void launch(Counters counters) {
    stream.launch(kernel, launch, args);
    counters.laneInstructions += 32 * stream.warpInstructions();
  }

  /** GELU(1) is 0.8412 by the tanh formula; a row of ones is its own norm. */
  @TearDown
  public void close() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment host = arena.allocate(out.bytes(), Float.BYTES);
      stream.copyToHost(host, out, 0);
      float expected = work == Work.GELU ? 0.841192f : 1;
      for (int i = 0; i < ROWS * COLUMNS; i++) {
        float value = host.getAtIndex(ValueLayout.JAVA_FLOAT, i);
        if (!(Math.abs(value - expected) < 1e-5f)) {
          throw new IllegalStateException(work + " gave " + value + ", expected " + expected);
        }
      }
    }
    device.close();
  }

  private Kernel load(String image, String entry) throws IOException {
    String path = "/dev/lockstep/kernels/" + image + ".ptx";
    try (InputStream stream = SimulatorBenchmark.class.getResourceAsStream(path)) {
      byte[] text = Objects.requireNonNull(stream, path).readAllBytes();
      KernelImage ptx = KernelImage.ofPtx(image, new String(text, StandardCharsets.UTF_8));
      return device.load(ptx).kernel(entry);
    }
  }
}
