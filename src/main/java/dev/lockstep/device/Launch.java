package dev.lockstep.device;

import java.util.Optional;

/**
 * How a kernel is spread over the machine: {@code <<<grid, block, sharedBytes>>>}.
 *
 * @param sharedBytes dynamic shared memory of each block, beside what the kernel declares itself
 * @param cluster blocks that run at the same time and reach each other's shared memory; empty
 *     leaves that to the kernel's own declaration. Its sizes divide the grid's. Devices without
 *     clusters refuse it: they came with compute capability 9.0
 */
public record Launch(Dim3 grid, Dim3 block, int sharedBytes, Optional<Dim3> cluster) {
  /** Limits every CUDA device since compute capability 3.0 shares (CUDA C++ guide, appendix). */
  private static final int MAX_BLOCK_THREADS = 1024;

  private static final int MAX_BLOCK_Z = 64;

  private static final int MAX_GRID_YZ = 65_535;

  /** What a GPU may have; only 8 are promised (CUDA C++ guide, "Thread Block Clusters"). */
  private static final int MAX_CLUSTER_BLOCKS = 16;

  /**
   * Checks what is given.
   *
   * @throws IllegalArgumentException when a number is out of its range
   */
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
    if (cluster.isPresent()) {
      requireCluster(grid, cluster.get());
    }
  }

  /** Without a cluster of the launch's own. */
  public Launch(Dim3 grid, Dim3 block, int sharedBytes) {
    this(grid, block, sharedBytes, Optional.empty());
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

  /** The same launch in clusters of so many blocks. */
  public Launch withCluster(Dim3 blocks) {
    return new Launch(grid, block, sharedBytes, Optional.of(blocks));
  }

  @Override
  public String toString() {
    return "Launch[grid=%s, block=%s, sharedBytes=%d%s]"
        .formatted(grid, block, sharedBytes, cluster.map(it -> ", cluster=" + it).orElse(""));
  }

  private static void requireCluster(Dim3 grid, Dim3 cluster) {
    requirePositive("cluster", cluster);
    if (cluster.count() > MAX_CLUSTER_BLOCKS) {
      throw new IllegalArgumentException(
          "cluster %s has %d blocks, at most %d"
              .formatted(cluster, cluster.count(), MAX_CLUSTER_BLOCKS));
    }
    if (grid.x() % cluster.x() != 0 || grid.y() % cluster.y() != 0 || grid.z() % cluster.z() != 0) {
      throw new IllegalArgumentException(
          "cluster " + cluster + " must divide the grid " + grid + " in every dimension");
    }
  }

  private static void requirePositive(String what, Dim3 dim) {
    if (dim.x() < 1 || dim.y() < 1 || dim.z() < 1) {
      throw new IllegalArgumentException(
          what + " " + dim + " must be at least 1 in every dimension");
    }
  }
}
