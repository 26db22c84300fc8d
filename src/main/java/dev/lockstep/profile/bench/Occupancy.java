package dev.lockstep.profile.bench;

import dev.lockstep.device.ComputeCapability;

/**
 * How many blocks of a kernel fit on a multiprocessor at once, as NVIDIA's occupancy calculator has
 * it: a warp's registers come in units of 256 from the part of the multiprocessor it runs on, a
 * block's shared memory in units of 128 bytes (256 before 8.0), with what the system keeps.
 *
 * @param blocks resident blocks; 0 when not even one fits
 * @param warps resident warps
 * @param maxWarps warps the multiprocessor could hold
 * @param limit what keeps another block out
 */
public record Occupancy(int blocks, int warps, int maxWarps, Limit limit) {
  private static final int REGISTER_UNIT = 256;

  /** What runs out first; the first of these where several do. */
  public enum Limit {
    WARPS,
    BLOCKS,
    REGISTERS,
    SHARED_MEMORY
  }

  /**
   * Of a kernel on a GPU.
   *
   * @param threads of a block
   * @param registers of each thread
   * @param sharedBytes of a block, static and dynamic
   */
  public static Occupancy of(ComputeCapability gpu, int threads, int registers, long sharedBytes) {
    int maxWarps = gpu.maxThreadsPerSm() / ComputeCapability.WARP;
    int warpsPerBlock = Math.ceilDiv(threads, ComputeCapability.WARP);
    long[] fits = {
      maxWarps / warpsPerBlock,
      gpu.maxBlocksPerSm(),
      warpsWithRegisters(registers) / warpsPerBlock,
      gpu.sharedBytesPerSm() / roundUp(sharedBytes + gpu.reservedSharedBytes(), sharedUnit(gpu))
    };
    int limit = 0;
    for (int i = 1; i < fits.length; i++) {
      limit = fits[i] < fits[limit] ? i : limit;
    }
    int blocks = (int) fits[limit];
    return new Occupancy(blocks, blocks * warpsPerBlock, maxWarps, Limit.values()[limit]);
  }

  /** Resident warps of those there could be, from 0 to 1. */
  public double share() {
    return (double) warps / maxWarps;
  }

  private static int warpsWithRegisters(int registers) {
    long perWarp = roundUp((long) Math.max(1, registers) * ComputeCapability.WARP, REGISTER_UNIT);
    int perScheduler = ComputeCapability.REGISTERS_PER_SM / ComputeCapability.SCHEDULERS_PER_SM;
    return (int) (perScheduler / perWarp) * ComputeCapability.SCHEDULERS_PER_SM;
  }

  private static int sharedUnit(ComputeCapability gpu) {
    return gpu.major() < 8 ? 256 : 128;
  }

  /** At least one unit. */
  private static long roundUp(long value, int unit) {
    return Math.max(1, Math.ceilDiv(value, (long) unit)) * unit;
  }
}
