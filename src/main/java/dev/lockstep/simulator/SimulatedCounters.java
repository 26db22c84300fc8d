package dev.lockstep.simulator;

import dev.lockstep.device.KernelCounters;
import dev.lockstep.device.Launch;
import dev.lockstep.device.LaunchCounts;
import dev.lockstep.simulator.counters.CountedKernel;
import dev.lockstep.simulator.execution.Tally;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Collects what the launches of a device counted. */
final class SimulatedCounters implements KernelCounters {
  private @Nullable List<LaunchCounts> launches;

  @Override
  public synchronized void start() {
    if (launches != null) {
      throw new IllegalStateException("launches are being counted already");
    }
    launches = new ArrayList<>();
  }

  @Override
  public synchronized List<LaunchCounts> stop() {
    List<LaunchCounts> counted = launches;
    if (counted == null) {
      throw new IllegalStateException("launches are not being counted");
    }
    launches = null;
    return List.copyOf(counted);
  }

  synchronized boolean areOn() {
    return launches != null;
  }

  /** Takes the counts of a launch that ended well. */
  void add(CountedKernel kernel, Launch launch, List<? extends Tally> tallies) {
    LaunchCounts counts = kernel.report(launch, tallies);
    synchronized (this) {
      if (launches != null) {
        launches.add(counts);
      }
    }
  }
}
