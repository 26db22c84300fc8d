package dev.lockstep.ops;

import dev.lockstep.device.Device;
import dev.lockstep.device.DeviceOptions;
import dev.lockstep.device.Devices;
import dev.lockstep.device.Kernel;
import dev.lockstep.device.KernelArgs;
import dev.lockstep.device.KernelImage;
import dev.lockstep.device.KernelModule;
import dev.lockstep.device.Launch;
import dev.lockstep.device.Stream;
import dev.lockstep.numeric.DType;
import dev.lockstep.tensor.Shape;
import dev.lockstep.tensor.Tensor;
import dev.lockstep.tensor.TensorArena;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.NullUnmarked;
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
 * LayerNorm of 1024 rows on one thread: two kernels on the simulator beside the same in plain Java,
 * two passes over a row for its statistics and one to write it. What the simulator is held to is
 * their ratio: ten at most.
 *
 * <p>Run from the repository's root: one kernel is read from {@code bench/kernels}.
 */
@NullUnmarked // JMH calls open() before anything else.
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 5, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(
    value = 2,
    jvmArgs = {"--enable-native-access=ALL-UNNAMED", "--add-modules=jdk.incubator.vector"})
public class LayerNormBenchmark {
  private static final int ROWS = 1024;
  private static final float EPS = 1e-5f;

  /** Threads of a block of the plain kernel. */
  private static final int THREADS = 256;

  /** Where the work is done. */
  public enum Where {
    /** The library's kernel: shuffles, 16-byte accesses. */
    LIBRARY,

    /** The plain one of {@code four_kernels.cu}: trees of barriers in shared memory. */
    PLAIN_CUDA,
    JAVA
  }

  @Param public Where where;

  @Param({"768"})
  public int columns;

  private final TensorArena arena = new TensorArena();
  private Device opened;
  private KernelLibrary library;
  private KernelModule module;
  private Stream stream;
  private Runnable work;
  private Tensor y;
  private float[] x;
  private float[] weight;
  private float[] bias;
  private float[] result;
  private float[] means;
  private float[] scales;

  /** Opens a device and copies the inputs there. */
  @Setup
  public void open() throws IOException {
    x = normal(ROWS * columns, 1);
    weight = normal(columns, 2);
    bias = normal(columns, 3);
    result = new float[x.length];
    means = new float[ROWS];
    scales = new float[ROWS];
    opened = Devices.open("sim", DeviceOptions.defaults().withThreads(1)).device();
    library = new KernelLibrary(opened);
    stream = opened.newStream();
    y = arena.tensor(DType.F32, Shape.of(ROWS, columns));
    Tensor input = arena.tensor(DType.F32, Shape.of(ROWS, columns));
    Tensor weights = arena.tensor(DType.F32, Shape.of(columns));
    Tensor biases = arena.tensor(DType.F32, Shape.of(columns));
    Tensor mean = arena.tensor(DType.F32, Shape.of(ROWS));
    Tensor rstd = arena.tensor(DType.F32, Shape.of(ROWS));
    arena.allocate(opened);
    input.copyFrom(stream, x);
    weights.copyFrom(stream, weight);
    biases.copyFrom(stream, bias);
    stream.synchronize();
    String ptx = Files.readString(Path.of("bench/kernels/four_kernels.ptx"));
    module = opened.load(KernelImage.ofPtx("four_kernels", ptx));
    LayerNorm layerNorm = new LayerNorm(library);
    NormForward call =
        NormForward.of(y, input, EPS).weight(weights).bias(biases).statistics(mean, rstd);
    Kernel plain = module.kernel("layernorm");
    KernelArgs args =
        new KernelArgs()
            .int64(input.address())
            .int64(weights.address())
            .int64(biases.address())
            .int64(y.address())
            .int32(columns);
    work =
        switch (where) {
          case LIBRARY -> () -> layerNorm.forward(stream, call);
          case PLAIN_CUDA -> () -> stream.launch(plain, Launch.of(ROWS, THREADS), args);
          case JAVA -> this::compute;
        };
  }

  private static float[] normal(int count, long seed) {
    Random random = new Random(seed);
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }

  @Benchmark
  public float[] forward() {
    work.run();
    stream.synchronize();
    return result;
  }

  private void compute() {
    for (int row = 0; row < ROWS; row++) {
      int start = row * columns;
      float sum = 0;
      for (int i = 0; i < columns; i++) {
        sum += x[start + i];
      }
      float mean = sum / columns;
      float squares = 0;
      for (int i = 0; i < columns; i++) {
        float d = x[start + i] - mean;
        squares += d * d;
      }
      float scale = 1 / (float) Math.sqrt(squares / columns + EPS);
      for (int i = 0; i < columns; i++) {
        result[start + i] = (x[start + i] - mean) * scale * weight[i] + bias[i];
      }
      means[row] = mean;
      scales[row] = scale;
    }
  }

  /** Holds the kernels to plain Java; both round differently. */
  @TearDown
  public void close() {
    forward();
    compute();
    float[] got = where == Where.JAVA ? result : y.toFloats(stream);
    for (int i = 0; i < got.length; i++) {
      if (!(Math.abs(got[i] - result[i]) <= 1e-4f * (1 + Math.abs(result[i])))) {
        throw new IllegalStateException("expected " + result[i] + ", the kernel gave " + got[i]);
      }
    }
    stream.close();
    arena.close();
    module.close();
    library.close();
    opened.close();
  }
}
