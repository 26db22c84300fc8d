package dev.lockstep.ops;

import dev.lockstep.device.Launch;

/**
 * The launch of a kernel that treats every element alike and strides over the grid.
 *
 * @param blocks blocks of {@link #THREADS}
 */
record ElementwiseLaunch(long blocks) {
  static final int THREADS = 256;

  /** One 16-byte access of a 16-bit type, two of fp32. */
  static final int ELEMENTS_PER_THREAD = 8;

  /** Twice that, where preparing costs a thread more than an element does. */
  static final int MANY_PER_THREAD = 16;

  /** Enough to fill any GPU many times over; larger tensors make each thread stride on. */
  static final long MAX_BLOCKS = 1 << 16;

  /** The launch for {@code count} elements: a function of the count alone. */
  static ElementwiseLaunch of(long count) {
    return of(count, ELEMENTS_PER_THREAD);
  }

  /** The same with another share for each thread. */
  static ElementwiseLaunch of(long count, int perThread) {
    long needed = Math.ceilDiv(count, (long) THREADS * perThread);
    return new ElementwiseLaunch(Math.min(needed, MAX_BLOCKS));
  }

  Launch launch() {
    return Launch.of(blocks, THREADS);
  }
}
