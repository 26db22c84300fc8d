package dev.lockstep.device;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;

/** What code allocates on the Java heap once it is compiled. */
public final class ThreadAllocation {
  private static final int ROUNDS = 20;

  private ThreadAllocation() {}

  /**
   * Bytes allocated per call by the calling thread, in the round of so many calls that allocates
   * least: the compiler takes its time, and interpreted code allocates what compiled code does not.
   */
  public static double leastPerCall(Runnable code, int callsPerRound) {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    double least = Double.POSITIVE_INFINITY;
    for (int round = 0; round < ROUNDS && least > 0; round++) {
      long before = threads.getCurrentThreadAllocatedBytes();
      for (int call = 0; call < callsPerRound; call++) {
        code.run();
      }
      long bytes = threads.getCurrentThreadAllocatedBytes() - before;
      least = Math.min(least, (double) bytes / callsPerRound);
    }
    return least;
  }
}
