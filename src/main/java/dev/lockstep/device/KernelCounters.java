package dev.lockstep.device;

import java.util.List;

/**
 * A {@link Device#capability} of devices that can count what a kernel does: instructions, memory
 * traffic, conflicts. Launches are counted from {@link #start} to {@link #stop}, on all streams of
 * the device; they compute the same as ever, but take longer.
 */
public interface KernelCounters {
  /**
   * Counts every launch from now on.
   *
   * @throws IllegalStateException when launches are being counted already
   */
  void start();

  /**
   * Counts no more.
   *
   * @return one for each launch that ended without a fault since {@link #start}, in their order
   * @throws IllegalStateException when launches are not being counted
   */
  List<LaunchCounts> stop();
}
