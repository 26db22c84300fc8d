package dev.lockstep.simulator.execution;

/**
 * Is told what happens in a block that no single op shows: when it starts, who met at its barriers,
 * which asynchronous copies are done. One observer belongs to one {@link Cta} and sees its blocks
 * one after the other, on one thread.
 */
public interface BlockObserver {
  /**
   * Makes observers, possibly on several threads at once.
   *
   * @see GridRun#observe
   */
  @FunctionalInterface
  interface Factory {
    /** An observer for blocks of these sizes. */
    BlockObserver create(int warps, int sharedBytes, int localBytes);
  }

  /** A block starts; its shared memory is, to a kernel, uninitialised again. */
  void started();

  /** A block has ended well, as far as it knows. */
  void finished();

  /** A block failed: what to report instead, or the same. */
  Throwable failed(Throwable thrown);

  /** All lanes of a warp that are left came to a barrier: what they did comes before who waits. */
  void arrived(int barrier, Warp w);

  /**
   * A barrier is complete.
   *
   * @param released the warps that waited there, one bit each
   * @param whole whether it was for all threads of the block that are left
   */
  void completed(int barrier, int released, boolean whole);

  /** A lane waited for a {@code cp.async} of its own, whose bytes are now there. */
  void copied(Warp w, int lane, long to, int bytes);
}
