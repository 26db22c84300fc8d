package dev.lockstep.ops;

import dev.lockstep.device.Device;
import dev.lockstep.device.DeviceOptions;
import dev.lockstep.device.Devices;
import dev.lockstep.device.Stream;
import dev.lockstep.numeric.DType;
import dev.lockstep.tensor.Shape;
import dev.lockstep.tensor.Tensor;
import dev.lockstep.tensor.TensorArena;
import java.util.Arrays;
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
 * One fused linear layer of the default model: 256 rows, 128 in, 384 out, bias and GELU. 25 MFLOP;
 * every call waits for the device. {@code bench/README.md} says how to run it.
 */
@NullUnmarked // JMH calls open() before anything else.
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 5, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(
    value = 2,
    jvmArgsAppend = {"--enable-native-access=ALL-UNNAMED", "--add-modules=jdk.incubator.vector"})
public class FusedLinearBenchmark {
  private static final int ROWS = 256;
  private static final int IN = 128;
  private static final int OUT = 384;

  /** As on the command line. */
  @Param({"auto"})
  public String device;

  /** Storage type: {@code BF16} runs on tensor cores, {@code F32} does not. */
  @Param({"BF16", "F32"})
  public DType dtype;

  private final TensorArena arena = new TensorArena();
  private Device opened;
  private KernelLibrary library;
  private Stream stream;
  private FusedLinear linear;
  private Tensor out;
  private Tensor preActivation;
  private Tensor x;
  private Tensor weight;
  private Tensor bias;

  @Setup
  public void open() {
    opened = Devices.open(device, DeviceOptions.defaults()).device();
    library = new KernelLibrary(opened);
    stream = opened.newStream();
    linear = new FusedLinear(library);
    out = arena.tensor(dtype, Shape.of(ROWS, OUT));
    preActivation = arena.tensor(dtype, Shape.of(ROWS, OUT));
    x = arena.tensor(dtype, Shape.of(ROWS, IN));
    weight = arena.tensor(dtype, Shape.of(OUT, IN));
    bias = arena.tensor(dtype, Shape.of(OUT));
    arena.allocate(opened);
    x.copyFrom(stream, constant(ROWS * IN, 0.5f));
    weight.copyFrom(stream, constant(OUT * IN, 0.0625f));
    bias.copyFrom(stream, constant(OUT, 0));
    stream.synchronize();
  }

  @Benchmark
  public void forward() {
    linear.forward(stream, out, preActivation, x, weight, bias, null, Activation.GELU_TANH);
    stream.synchronize();
  }

  /** 128 · 0.5 · 0.0625 is exactly 4, in every type and order of summation. */
  @TearDown(Level.Iteration)
  public void holdToTheResult() {
    for (float value : preActivation.toFloats(stream)) {
      if (value != 4) {
        throw new IllegalStateException("expected 4, the kernel gave " + value);
      }
    }
  }

  @TearDown
  public void close() {
    stream.close();
    arena.close();
    library.close();
    opened.close();
  }

  private static float[] constant(int length, float value) {
    float[] values = new float[length];
    Arrays.fill(values, value);
    return values;
  }
}
