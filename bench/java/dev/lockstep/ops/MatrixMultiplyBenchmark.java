package dev.lockstep.ops;

import dev.lockstep.device.Device;
import dev.lockstep.device.DeviceOptions;
import dev.lockstep.device.Devices;
import dev.lockstep.device.Stream;
import dev.lockstep.numeric.BFloat16;
import dev.lockstep.numeric.DType;
import dev.lockstep.tensor.Shape;
import dev.lockstep.tensor.Tensor;
import dev.lockstep.tensor.TensorArena;
import java.util.Arrays;
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
 * A BF16 matrix product on one thread: the fused linear kernel ({@code cp.async}, {@code ldmatrix},
 * {@code mma.sync}) on the simulator beside three plain Java loops with the same chain of fused
 * multiply-adds. To measure without the Vector API, add {@code -jvmArgs
 * --enable-native-access=ALL-UNNAMED}.
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
public class MatrixMultiplyBenchmark {
  /** Rows and columns of all three matrices. */
  @Param({"256", "512"})
  public int size;

  private final TensorArena arena = new TensorArena();
  private Device opened;
  private KernelLibrary library;
  private Stream stream;
  private FusedLinear linear;
  private Tensor out;
  private Tensor x;
  private Tensor weight;
  private short[] left;
  private short[] right;
  private float[] unpackedLeft;
  private float[] unpackedRight;
  private float[] product;

  @Setup
  public void open() {
    Random random = new Random(1);
    int count = size * size;
    left = new short[count];
    right = new short[count];
    for (int i = 0; i < count; i++) {
      left[i] = BFloat16.fromFloat((float) random.nextGaussian());
      right[i] = BFloat16.fromFloat((float) random.nextGaussian());
    }
    unpackedLeft = new float[count];
    unpackedRight = new float[count];
    product = new float[count];
    opened = Devices.open("sim", DeviceOptions.defaults().withThreads(1)).device();
    library = new KernelLibrary(opened);
    stream = opened.newStream();
    linear = new FusedLinear(library);
    out = arena.tensor(DType.BF16, Shape.of(size, size));
    x = arena.tensor(DType.BF16, Shape.of(size, size));
    weight = arena.tensor(DType.BF16, Shape.of(size, size));
    arena.allocate(opened);
    plainJava();
    x.copyFrom(stream, unpackedLeft);
    float[] rows = new float[count];
    for (int i = 0; i < count; i++) {
      rows[i] = BFloat16.toFloat(right[i]);
    }
    weight.copyFrom(stream, rows);
    stream.synchronize();
  }

  /** The product with the transpose of the right matrix, as a linear layer does it. */
  @Benchmark
  public float[] plainJava() {
    for (int i = 0; i < left.length; i++) {
      unpackedLeft[i] = BFloat16.toFloat(left[i]);
    }
    for (int j = 0; j < size; j++) {
      for (int k = 0; k < size; k++) {
        unpackedRight[k * size + j] = BFloat16.toFloat(right[j * size + k]);
      }
    }
    Arrays.fill(product, 0);
    for (int i = 0; i < size; i++) {
      for (int k = 0; k < size; k++) {
        addRow(unpackedLeft[i * size + k], k * size, i * size);
      }
    }
    return product;
  }

  private void addRow(float factor, int from, int to) {
    float[] row = unpackedRight;
    float[] sums = product;
    for (int j = 0; j < size; j++) {
      sums[to + j] = Math.fma(factor, row[from + j], sums[to + j]);
    }
  }

  @Benchmark
  public void simulator() {
    linear.forward(stream, out, null, x, weight, null, null, Activation.NONE);
    stream.synchronize();
  }

  /** Both add in one order: the results must be the same bits. */
  @TearDown
  public void close() {
    plainJava();
    simulator();
    float[] got = out.toFloats(stream);
    for (int i = 0; i < got.length; i++) {
      float expected = BFloat16.toFloat(BFloat16.fromFloat(product[i]));
      if (got[i] != expected) {
        throw new IllegalStateException("expected " + expected + ", the kernel gave " + got[i]);
      }
    }
    stream.close();
    arena.close();
    library.close();
    opened.close();
  }
}
