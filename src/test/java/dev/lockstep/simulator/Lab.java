package dev.lockstep.simulator;

import dev.lockstep.device.DeviceBuffer;
import dev.lockstep.device.DeviceOptions;
import dev.lockstep.device.Dim3;
import dev.lockstep.device.KernelArgs;
import dev.lockstep.device.KernelImage;
import dev.lockstep.device.KernelModule;
import dev.lockstep.device.Launch;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * A simulator for small kernels written in a test. Each has an output buffer of 32-bit words, whose
 * start and the thread's own word are at hand: {@code %out}, {@code %mine}, {@code %t} (thread in
 * the block), {@code %g} (thread in the grid), and registers {@code %r0…63}, {@code %rd0…63},
 * {@code %f0…63}, {@code %fd0…15}, {@code %h0…15} (16 bits), {@code %p0…15}.
 */
final class Lab implements AutoCloseable {
  /** What output words hold before the kernel runs. */
  static final int UNTOUCHED = 0xdeadbeef;

  private static final String PROLOGUE =
      """
      .version 8.0
      .target sm_80
      .address_size 64
      @MODULE@
      .visible .entry k(.param .u64 out, .param .u64 in, .param .u32 n)
      {
      .reg .pred %p<16>;
      .reg .b16 %h<16>;
      .reg .b32 %r<64>; .reg .f32 %f<64>;
      .reg .b64 %rd<64>; .reg .f64 %fd<16>;
      .reg .b32 %t, %g, %n, %i; .reg .b64 %out, %mine, %in, %w;
      ld.param.u64 %out, [out];
      ld.param.u64 %in, [in];
      ld.param.u32 %n, [n];
      mov.u32 %t, %tid.x;
      mov.u32 %g, %ctaid.x; mov.u32 %i, %ntid.x;
      mad.lo.s32 %g, %g, %i, %t;
      mul.wide.u32 %w, %g, 4;
      add.s64 %mine, %out, %w;
      """;

  /** The line of the PTX text on which a kernel's own first line stands. */
  static final int FIRST_LINE = (int) PROLOGUE.lines().count() + 1;

  final SimulatedDevice device;
  final SimulatedStream stream;
  private final Arena arena = Arena.ofConfined();
  private String declarations = "";

  Lab() {
    this(DeviceOptions.defaults().withSanitize(true));
  }

  Lab(DeviceOptions options) {
    device = new SimulatedDevice(options);
    stream = device.newStream();
  }

  /** Text at module scope for the next kernels, on one line. */
  Lab declare(String text) {
    declarations = text;
    return this;
  }

  KernelModule load(String body) {
    String text = PROLOGUE.replace("@MODULE@", declarations) + body + "\nret;\n}\n";
    return device.load(KernelImage.ofPtx("lab", text));
  }

  /** Runs one block; the output has a word per thread. */
  int[] run(int threads, String body) {
    return run(Launch.of(1, threads), body, threads, new int[0], 0);
  }

  int[] run(Launch launch, String body, int words, int[] in, int n) {
    try (KernelModule module = load(body);
        DeviceBuffer out = ints(filled(words));
        DeviceBuffer input = ints(in)) {
      KernelArgs args = new KernelArgs().address(out, 0).address(input, 0).int32(n);
      stream.launch(module.kernel("k"), launch, args);
      return read(out);
    }
  }

  static Launch launch(int blocks, int threads, int sharedBytes) {
    return new Launch(new Dim3(blocks), new Dim3(threads), sharedBytes);
  }

  DeviceBuffer ints(int... values) {
    DeviceBuffer buffer = device.allocate(4L * values.length);
    stream.copyToDevice(buffer, 0, arena.allocateFrom(ValueLayout.JAVA_INT, values));
    return buffer;
  }

  int[] read(DeviceBuffer buffer) {
    MemorySegment host = arena.allocate(buffer.bytes(), 4);
    stream.copyToHost(host, buffer, 0);
    return host.toArray(ValueLayout.JAVA_INT);
  }

  private static int[] filled(int words) {
    int[] values = new int[words];
    Arrays.fill(values, UNTOUCHED);
    return values;
  }

  @Override
  public void close() {
    device.close();
    arena.close();
  }
}
