package dev.lockstep.simulator.counters;

import dev.lockstep.simulator.execution.Warp;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * Has the virtual machine compile {@link VectorScatter} aside, once it is seen to pay: until then
 * each of its vectors is an object and each operation a call, so that an access takes as long as
 * hundreds otherwise. Workers had better not be the ones to wait.
 */
final class VectorRehearsal {
  /** Accesses counted after which it pays. */
  static final int WORTH = 1 << 18;

  /** Accesses of which the mean tells whether all is compiled, and how often to look. */
  private static final int BATCH = 64;

  private static final int PATIENCE = 10_000;
  private static final long PAUSE_NANOS = 1_000_000;

  /** What an access takes at most when compiled, and some ten times less than before. */
  private static final long COMPILED_NANOS = 500;

  /** Bytes of a region that is large enough for lanes to share lines now and then. */
  private static final int REGION = 1 << 14;

  private final AtomicLong counted = new AtomicLong();
  private volatile boolean over;

  /** Whether it is compiled. */
  boolean isOver() {
    return over;
  }

  /** Says that so many more accesses have been counted otherwise. */
  void counted(int accesses) {
    long before = counted.getAndAdd(accesses);
    if (before < WORTH && before + accesses >= WORTH) {
      Thread.ofPlatform().daemon().name("lockstep-sim-rehearsal").start(this::run);
    }
  }

  private void run() {
    VectorScatter scatter = new VectorScatter();
    Footprint.Touched region = new Footprint.Touched(0, REGION);
    Random random = new Random(1);
    for (int n = 0; n < PATIENCE && !over; n++) {
      long[] addresses = random.longs(Warp.LANES, 0, REGION / 4).map(word -> 4 * word).toArray();
      long start = System.nanoTime();
      for (int i = 0; i < BATCH; i++) {
        scatter.count(addresses, 0, -1, 4, region);
      }
      over = System.nanoTime() - start < BATCH * COMPILED_NANOS;
      LockSupport.parkNanos(PAUSE_NANOS);
    }
  }
}
