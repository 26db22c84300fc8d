package dev.lockstep.simulator.instruction;

import dev.lockstep.device.Device;
import dev.lockstep.device.DeviceBuffer;
import dev.lockstep.device.DeviceOptions;
import dev.lockstep.device.Devices;
import dev.lockstep.device.Dim3;
import dev.lockstep.device.ExecutionTier;
import dev.lockstep.device.KernelArgs;
import dev.lockstep.device.KernelImage;
import dev.lockstep.device.KernelModule;
import dev.lockstep.device.Launch;
import dev.lockstep.device.Stream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Runs instruction files on a device that it opens. */
final class InstructionRunner implements AutoCloseable {
  /** What the results hold before a run: bytes no case writes must still hold it after. */
  private static final byte UNTOUCHED = (byte) 0xa5;

  private static final int BUFFER_BYTES = 1 << 16;
  private static final int SLOT = 8;

  private final Device device;
  private final Stream stream;
  private final DeviceBuffer in;
  private final DeviceBuffer out;
  private final Arena arena = Arena.ofConfined();
  private final MemorySegment host = arena.allocate(BUFFER_BYTES, SLOT);

  InstructionRunner(String deviceName) {
    this(deviceName, ExecutionTier.AUTO);
  }

  InstructionRunner(String deviceName, ExecutionTier tier) {
    // One block at a time needs no second worker.
    DeviceOptions options = DeviceOptions.defaults().withThreads(1).withTier(tier);
    device = Devices.open(deviceName, options).device();
    stream = device.newStream();
    in = device.allocate(BUFFER_BYTES);
    out = device.allocate(BUFFER_BYTES);
  }

  /** Runs all cases of a file and describes every wrong result. */
  List<String> failures(InstructionFile file) {
    List<String> failures = new ArrayList<>();
    try (KernelModule module = load(file)) {
      for (InstructionCase one : file.cases()) {
        check(module, file, one, file.threads(), failures);
        if (one.isUniform() && file.threads() == 32 && !file.name().contains("sync")) {
          // Part of a warp takes another path than a full one.
          check(module, file, one, 5, failures);
        }
      }
    }
    return failures;
  }

  KernelModule load(InstructionFile file) {
    return device.load(KernelImage.ofPtx(file.name(), file.ptx()));
  }

  /**
   * One launch of the kernel {@code test}.
   *
   * @param operands per thread, in order; each takes eight bytes
   * @param resultSlots how many eight-byte slots of {@code out} to return
   */
  long[] run(
      KernelModule module,
      Dim3 grid,
      Dim3 block,
      long[] operands,
      List<LaneValues> parameters,
      int resultSlots) {
    for (int i = 0; i < operands.length; i++) {
      host.setAtIndex(ValueLayout.JAVA_LONG, i, operands[i]);
    }
    stream.copyToDevice(in, 0, host.asSlice(0, (long) SLOT * operands.length));
    stream.fill(out, 0, (long) SLOT * resultSlots, UNTOUCHED);
    KernelArgs args = new KernelArgs().address(in, 0).address(out, 0);
    append(args, parameters);
    stream.launch(module.kernel("test"), new Launch(grid, block, 0), args);
    stream.copyToHost(host.asSlice(0, (long) SLOT * resultSlots), out, 0);
    stream.synchronize();
    long[] results = new long[resultSlots];
    for (int i = 0; i < resultSlots; i++) {
      results[i] = host.getAtIndex(ValueLayout.JAVA_LONG, i);
    }
    return results;
  }

  @Override
  public void close() {
    in.close();
    out.close();
    stream.close();
    device.close();
    arena.close();
  }

  private void check(
      KernelModule module,
      InstructionFile file,
      InstructionCase one,
      int threads,
      List<String> failures) {
    int width = Math.max(1, one.operands().size());
    long[] operands = new long[threads * width];
    for (int thread = 0; thread < threads; thread++) {
      for (int i = 0; i < one.operands().size(); i++) {
        operands[thread * width + i] = one.operands().get(i).of(thread);
      }
    }
    int results = one.results().size();
    long[] got =
        run(
            module,
            new Dim3(1),
            new Dim3(threads),
            operands,
            file.parameters(),
            (threads + 1) * results);
    for (int thread = 0; thread < threads; thread++) {
      for (int i = 0; i < results; i++) {
        LaneValues expected = one.results().get(i);
        String wrong = compare(expected, thread, got[thread * results + i]);
        if (wrong != null) {
          failures.add(
              "%s: thread %d of %d, result %d: %s"
                  .formatted(one.text(), thread, threads, i, wrong));
          return;
        }
      }
    }
    if (got[threads * results] != 0xa5a5a5a5a5a5a5a5L) {
      failures.add(one.text() + ": a thread beyond the block's " + threads + " wrote");
    }
  }

  private static @Nullable String compare(LaneValues expected, int thread, long slot) {
    int bits = 8 * expected.bytes();
    long got = slot << (64 - bits) >>> (64 - bits);
    if (!expected.accepts(thread, got)) {
      String digits = ("%0" + 2 * expected.bytes() + "x").formatted(got);
      return "got " + digits + ", expected " + expected.describe(thread);
    }
    if (bits < 64 && slot >>> bits != 0xa5a5a5a5a5a5a5a5L >>> bits) {
      return "bytes behind the result were written: %016x".formatted(slot);
    }
    return null;
  }

  /** Parameters as the C layout has them, each aligned to its own size, in whole words. */
  private static void append(KernelArgs args, List<LaneValues> parameters) {
    byte[] block = new byte[64];
    int size = 0;
    for (LaneValues parameter : parameters) {
      size = (size + parameter.bytes() - 1) & -parameter.bytes();
      for (int i = 0; i < parameter.bytes(); i++) {
        block[size++] = (byte) (parameter.of(0) >>> (8 * i));
      }
    }
    MemorySegment words = MemorySegment.ofArray(block);
    for (int at = 0; at < size; at += 4) {
      args.int32(words.get(ValueLayout.JAVA_INT_UNALIGNED, at));
    }
  }
}
