package dev.lockstep.simulator;

import dev.lockstep.device.DeviceBuffer;
import dev.lockstep.device.KernelArgs;
import dev.lockstep.device.Launch;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** A kernel of {@code bench/kernels}, its inputs, and what it must make of them. */
interface WatchedKernel {
  /** The file's name in {@code bench/kernels}, without {@code .ptx}. */
  String file();

  String entry();

  Launch launch();

  /** In the heap, each for a buffer of its own. */
  List<MemorySegment> inputs();

  long resultBytes();

  void arguments(KernelArgs args, List<DeviceBuffer> inputs, DeviceBuffer result);

  /**
   * Holds a result to plain Java's.
   *
   * @throws IllegalStateException when they differ by more than roundings in another order
   */
  void check(MemorySegment result);
}
