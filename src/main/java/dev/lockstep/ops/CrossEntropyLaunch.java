package dev.lockstep.ops;

import dev.lockstep.device.Launch;
import dev.lockstep.numeric.DType;

/**
 * The launch of a softmax cross-entropy kernel, which gives each row to one block and strides over
 * rows. A row is a sequence of slots: 16 bytes for each thread.
 *
 * @param blocks blocks in the grid
 * @param threads threads of a block: a function of columns and type alone, so that a row gives the
 *     same bits alone and in a batch
 * @param keptSlots how many of the row's slots stay in shared memory until its gradient is written;
 *     the device's business, which changes no bit
 */
record CrossEntropyLaunch(long blocks, int threads, int keptSlots) {
  /** Columns are counted by 32-bit integers, and a block may look a little beyond the row. */
  static final long MAX_COLS = 1 << 30;

  private static final int WARP = 32;
  private static final int SLOT_BYTES = 16;

  /** What the kernels declare themselves, and alignment: less than this. */
  private static final int STATIC_SHARED_BYTES = 2048;

  /** As in {@code cross_entropy_registers.cuh}. */
  private static final int REGISTER_SLOTS = 16;

  private static final int REGISTER_THREADS = 512;

  /** As in {@code cross_entropy_general.cuh}. */
  private static final int SHARED_THREADS = 1024;

  /** Slots of a thread before another warp is worth its share of the reductions. */
  private static final int SHARED_SLOTS = 8;

  /**
   * Of the kernel that holds the last {@value #REGISTER_SLOTS} slots of each thread in registers,
   * those before in shared memory.
   *
   * @param keep whether the row will be asked for again
   * @param sharedBytes what a block may have on this device
   */
  static CrossEntropyLaunch inRegisters(
      long rows, long cols, DType dtype, boolean keep, int sharedBytes) {
    int threads = threads(cols, dtype, REGISTER_SLOTS, REGISTER_THREADS);
    long tiles = Math.ceilDiv(slots(cols, dtype, threads), REGISTER_SLOTS);
    return of(rows, threads, keep ? (tiles - 1) * REGISTER_SLOTS : 0, sharedBytes);
  }

  /** Of the kernels that hold rows in shared memory only. */
  static CrossEntropyLaunch inSharedMemory(
      long rows, long cols, DType dtype, boolean keep, int sharedBytes) {
    int threads = threads(cols, dtype, SHARED_SLOTS, SHARED_THREADS);
    return of(rows, threads, keep ? slots(cols, dtype, threads) : 0, sharedBytes);
  }

  private static CrossEntropyLaunch of(long rows, int threads, long wanted, int sharedBytes) {
    long room = Math.max(0, sharedBytes - STATIC_SHARED_BYTES) / (SLOT_BYTES * threads);
    return new CrossEntropyLaunch(
        Math.min(rows, RowLaunch.MAX_BLOCKS), threads, (int) Math.min(wanted, room));
  }

  /** Whole warps, {@code slots} full for each thread where there are more columns than a warp's. */
  private static int threads(long cols, DType dtype, int slots, int most) {
    return (int) Math.min(slots(cols, dtype, WARP * slots) * WARP, most);
  }

  private static long slots(long cols, DType dtype, int threads) {
    return Math.ceilDiv(cols, (long) threads * (SLOT_BYTES / dtype.byteSize()));
  }

  Launch launch() {
    Launch launch = Launch.of(blocks, threads);
    return new Launch(launch.grid(), launch.block(), keptSlots * threads * SLOT_BYTES);
  }
}
