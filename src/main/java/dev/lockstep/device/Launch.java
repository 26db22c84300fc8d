package dev.lockstep.device;

/**
 * How a kernel is spread over the machine: {@code <<<grid, block, sharedBytes>>>}.
 *
 * @param sharedBytes dynamic shared memory of each block, beside what the kernel declares itself
 */
public record Launch(Dim3 grid, Dim3 block, int sharedBytes) {
  /** Limits every CUDA device since compute capability 3.0 shares (CUDA C++ guide, appendix). */
  private static final int MAX_BLOCK_THREADS = 1024;

  private static final int MAX_BLOCK_Z = 64;

  private static final int MAX_GRID_YZ = 65_535;

  public Launch {
    requirePositive("grid", grid);
    requirePositive("block", block);
    if (grid.y() > MAX_GRID_YZ || grid.z() > MAX_GRID_YZ) {
      throw new IllegalArgumentException("grid " + grid + ": y and z go up to " + MAX_GRID_YZ);
    }
    if (block.count() > MAX_BLOCK_THREADS) {
      throw new IllegalArgumentException(
          "block " + block + " has " + block.count() + " threads, at most " + MAX_BLOCK_THREADS);
    }
    if (block.z() > MAX_BLOCK_Z) {
      throw new IllegalArgumentException("block " + block + ": z goes up to " + MAX_BLOCK_Z);
    }
    if (sharedBytes < 0) {
      throw new IllegalArgumentException("sharedBytes " + sharedBytes + " must not be negative");
    }
  }

  /**
   * One-dimensional grid and block.
   *
   * @throws IllegalArgumentException when {@code blocks} exceeds 2³¹−1, the largest grid
   */
  public static Launch of(long blocks, int threads) {
    if (blocks > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "grid of " + blocks + " blocks, at most " + Integer.MAX_VALUE);
    }
    return new Launch(new Dim3((int) blocks), new Dim3(threads), 0);
  }

  private static void requirePositive(String what, Dim3 dim) {
    if (dim.x() < 1 || dim.y() < 1 || dim.z() < 1) {
      throw new IllegalArgumentException(
          what + " " + dim + " must be at least 1 in every dimension");
    }
  }
}
