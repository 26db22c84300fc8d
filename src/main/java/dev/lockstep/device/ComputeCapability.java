package dev.lockstep.device;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What all GPUs of one compute capability share: the limits kernels are written against. The
 * figures are those of the CUDA C++ Programming Guide, appendix "Compute Capabilities", table
 * "Technical Specifications per Compute Capability".
 *
 * @param sharedBytesPerSm shared memory of a multiprocessor
 * @param sharedBytesPerBlock what a block may have of it, opt-in included
 * @param reservedSharedBytes shared memory per block that the system keeps for itself
 * @param maxThreadsPerSm threads resident on a multiprocessor
 * @param maxBlocksPerSm blocks resident on a multiprocessor
 * @param f32Lanes results of f32 additions or multiplications per clock and multiprocessor (table
 *     "Throughput of Native Arithmetic Instructions")
 */
public record ComputeCapability(
    int major,
    int minor,
    int sharedBytesPerSm,
    int sharedBytesPerBlock,
    int reservedSharedBytes,
    int maxThreadsPerSm,
    int maxBlocksPerSm,
    int f32Lanes) {
  private static final int KIB = 1024;
  private static final Pattern TARGET = Pattern.compile("(?:sm|compute)_(\\d{2,3})([af]?)");

  static final ComputeCapability CC_70 = volta(0, 96 * KIB, 2048, 32);
  static final ComputeCapability CC_75 = volta(5, 64 * KIB, 1024, 16);
  static final ComputeCapability CC_80 = since80(8, 0, 164 * KIB, 2048, 32, 64);
  static final ComputeCapability CC_86 = since80(8, 6, 100 * KIB, 1536, 16, 128);
  static final ComputeCapability CC_89 = since80(8, 9, 100 * KIB, 1536, 24, 128);
  static final ComputeCapability CC_90 = since80(9, 0, 228 * KIB, 2048, 32, 128);
  static final ComputeCapability CC_100 = since80(10, 0, 228 * KIB, 2048, 32, 128);

  /** Threads of a block; the same everywhere. */
  public static final int MAX_THREADS_PER_BLOCK = 1024;

  /** 32-bit registers of a multiprocessor, and what one block may use; the same everywhere. */
  public static final int REGISTERS_PER_SM = 64 * KIB;

  /** Parts of a multiprocessor, each with a quarter of its warps and registers; everywhere 4. */
  public static final int SCHEDULERS_PER_SM = 4;

  /** Threads of a warp; the same everywhere. */
  public static final int WARP = 32;

  private static ComputeCapability volta(int minor, int shared, int threads, int blocks) {
    return new ComputeCapability(7, minor, shared, shared, 0, threads, blocks, 64);
  }

  /** From 8.0 on the system keeps 1 KiB of each block's shared memory. */
  private static ComputeCapability since80(
      int major, int minor, int shared, int threads, int blocks, int lanes) {
    return new ComputeCapability(major, minor, shared, shared - KIB, KIB, threads, blocks, lanes);
  }

  /** What compilers call it, for example {@code sm_80}. */
  public String architecture() {
    return "sm_" + major + minor;
  }

  /**
   * Whether PTX of a target runs here: that for this or an older architecture; with an {@code a} at
   * its end for no other than its own, with an {@code f} for its family, the later ones of one
   * major number.
   *
   * @param target for example {@code sm_90a}
   */
  public boolean runs(String target) {
    Matcher parts = TARGET.matcher(target);
    if (!parts.matches()) {
      return false;
    }
    int wanted = Integer.parseInt(parts.group(1));
    int here = 10 * major + minor;
    return switch (parts.group(2)) {
      case "a" -> wanted == here;
      case "f" -> wanted <= here && wanted / 10 == major;
      default -> wanted <= here;
    };
  }

  /** For example {@code 8.0}. */
  @Override
  public String toString() {
    return major + "." + minor;
  }
}
