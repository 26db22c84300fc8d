package dev.lockstep.cuda;

import dev.lockstep.cuda.standin.StandInDriver;
import dev.lockstep.device.Device;
import dev.lockstep.device.DeviceBuffer;
import dev.lockstep.device.Dim3;
import dev.lockstep.device.Kernel;
import dev.lockstep.device.KernelArgs;
import dev.lockstep.device.KernelImage;
import dev.lockstep.device.KernelModule;
import dev.lockstep.device.Launch;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.concurrent.TimeUnit;
import jcuda.Pointer;
import jcuda.driver.JCudaDriver;
import org.jspecify.annotations.NullUnmarked;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What one launch with eight parameters (six pointers, a 64-bit integer, a float) costs on the Java
 * side, arguments, checks and current context included; the driver's functions are replaced by an
 * empty one in C. Beside it what JCuda's own call costs, in the two ways it can be given
 * parameters. Needs {@code make -C native}, which every Maven build runs:
 *
 * <pre>
 * mvn -q test-compile exec:exec -Dexec.executable=java -Dexec.classpathScope=test \
 *   -Dexec.args="-cp %classpath org.openjdk.jmh.Main LaunchBenchmark -prof gc \
 *     -rf json -rff bench/results/DATE-launch.json"
 * </pre>
 */
@NullUnmarked // JMH calls open() before anything else.
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
    value = 3,
    jvmArgsAppend = {
      "--enable-native-access=ALL-UNNAMED",
      "--add-modules=jdk.incubator.vector",
      "-Dlockstep.standin=true"
    })
public class LaunchBenchmark {
  private static final String PTX =
      """
      .version 7.0
      .target sm_80
      .address_size 64
      .visible .entry eight(.param .u64 a, .param .u64 b, .param .u64 c, .param .u64 d,
          .param .u64 e, .param .u64 f, .param .u64 n, .param .f32 scale)
      { ret; }
      """;

  private static final int POINTERS = 6;
  private static final int PARAMETERS = 8;
  private static final Launch LAUNCH = new Launch(new Dim3(128), new Dim3(256), 0);

  private final KernelArgs args = new KernelArgs();
  private Device device;
  private KernelModule module;
  private DeviceBuffer buffer;
  private CudaStream stream;
  private Kernel kernel;
  private StandInDriver.Changed empty;

  private final Handles.Queue queue = new Handles.Queue();
  private final Handles.Function function = new Handles.Function();
  private ByteBuffer values;
  private Pointer addresses;

  @Setup
  public void open() {
    device = StandInDriver.open();
    module = device.load(KernelImage.ofPtx("eight", PTX));
    buffer = device.allocate(1024);
    stream = (CudaStream) device.newStream();
    kernel = module.kernel("eight");
    values = direct(PARAMETERS * Long.BYTES);
    ByteBuffer pointers = direct(PARAMETERS * Long.BYTES);
    long at = MemorySegment.ofBuffer(values).address();
    for (int i = 0; i < PARAMETERS; i++) {
      pointers.putLong(i * Long.BYTES, at + (long) i * Long.BYTES);
    }
    addresses = Pointer.to(pointers);
    panama();
    stream.synchronize();
    empty = StandInDriver.get().emptied("cuLaunchKernel", "cuCtxSetCurrent");
  }

  private static ByteBuffer direct(int bytes) {
    return ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
  }

  /** Ours, as ops do it. */
  @Benchmark
  public void panama() {
    args.reset();
    for (int i = 0; i < POINTERS; i++) {
      args.address(buffer, 0);
    }
    stream.launch(kernel, LAUNCH, args.int64(256).float32(1.5f));
  }

  /** JCuda as its samples use it: an array for each parameter, and one of pointers to them. */
  @Benchmark
  public int jcudaWithArrays() {
    long address = buffer.address();
    Pointer[] each = new Pointer[PARAMETERS];
    for (int i = 0; i < POINTERS; i++) {
      each[i] = Pointer.to(new long[] {address});
    }
    each[POINTERS] = Pointer.to(new long[] {256});
    each[POINTERS + 1] = Pointer.to(new float[] {1.5f});
    return jcuda(Pointer.to(each));
  }

  /** JCuda at its best: one direct buffer of values and one of their addresses, both kept. */
  @Benchmark
  public int jcudaWithDirectBuffer() {
    long address = buffer.address();
    for (int i = 0; i < POINTERS; i++) {
      values.putLong(i * Long.BYTES, address);
    }
    values.putLong(POINTERS * Long.BYTES, 256);
    values.putFloat((POINTERS + 1) * Long.BYTES, 1.5f);
    return jcuda(addresses);
  }

  private int jcuda(Pointer parameters) {
    return JCudaDriver.cuLaunchKernel(function, 128, 1, 1, 256, 1, 1, 0, queue, parameters, null);
  }

  @TearDown
  public void close() {
    empty.close();
    stream.close();
    buffer.close();
    module.close();
    device.close();
  }
}
