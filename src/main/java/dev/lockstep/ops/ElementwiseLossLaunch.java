package dev.lockstep.ops;

import dev.lockstep.device.Launch;
import dev.lockstep.tensor.Shape;

/**
 * The launch of a loss that is a sum over elements: a block adds up chunks of 8192, and strides
 * over them where there are many.
 *
 * @param chunks one sum each
 */
record ElementwiseLossLaunch(long chunks) {
  static final int CHUNK = 8192;
  private static final int THREADS = 256;
  private static final long MAX_BLOCKS = 1 << 16;

  /** The launch for {@code count} elements: a function of the count alone. */
  static ElementwiseLossLaunch of(long count) {
    return new ElementwiseLossLaunch(Math.ceilDiv(count, (long) CHUNK));
  }

  /** What the sums of chunks need. */
  Shape workspaceShape() {
    return Shape.of(chunks);
  }

  Launch launch() {
    return Launch.of(Math.min(chunks, MAX_BLOCKS), THREADS);
  }
}
