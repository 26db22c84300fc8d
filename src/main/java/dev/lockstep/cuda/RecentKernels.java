package dev.lockstep.cuda;

import org.jspecify.annotations.Nullable;

/**
 * The kernels a stream was given since it was last waited for: a fault is learnt of later, and one
 * of them is to blame. The last few names in a ring, so that launching allocates nothing.
 */
final class RecentKernels {
  private static final int KEPT = 16;

  private final @Nullable String[] names = new @Nullable String[KEPT];
  private long count;

  void add(String name) {
    names[(int) (count++ % KEPT)] = name;
  }

  void clear() {
    count = 0;
  }

  /** The tail of a message; empty when there are none. */
  @Override
  public String toString() {
    if (count == 0) {
      return "";
    }
    StringBuilder text = new StringBuilder("; launched on this stream since the last wait: ");
    if (count > KEPT) {
      text.append(count - KEPT).append(" more, then ");
    }
    for (long i = Math.max(0, count - KEPT); i < count; i++) {
      text.append(names[(int) (i % KEPT)]).append(i + 1 < count ? ", " : "");
    }
    return text.toString();
  }
}
