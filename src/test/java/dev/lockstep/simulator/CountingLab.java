package dev.lockstep.simulator;

import dev.lockstep.device.Counter;
import dev.lockstep.device.Counts;
import dev.lockstep.device.DeviceOptions;
import dev.lockstep.device.KernelCounters;
import dev.lockstep.device.Launch;
import dev.lockstep.device.LaunchCounts;
import dev.lockstep.device.LineCounts;
import java.util.Comparator;

/** Counts what the {@link Lab}'s kernels do. */
final class CountingLab implements AutoCloseable {
  private final Lab lab;
  private final KernelCounters counters;

  CountingLab(DeviceOptions options) {
    lab = new Lab(options);
    counters = lab.device.capability(KernelCounters.class).orElseThrow();
  }

  CountingLab() {
    this(DeviceOptions.defaults());
  }

  CountingLab declare(String text) {
    lab.declare(text);
    return this;
  }

  /** Runs one block, whose {@code %in} are 1024 words. */
  LaunchCounts count(int threads, String body) {
    return count(Launch.of(1, threads), body);
  }

  LaunchCounts count(Launch launch, String body) {
    int words = (int) (launch.grid().count() * launch.block().count());
    counters.start();
    lab.run(launch, body, words, new int[1024], 0);
    return counters.stop().getFirst();
  }

  /** The counts of the body's instructions without the lab's own before and the return after. */
  static Counts body(LaunchCounts launch) {
    int end =
        launch.lines().stream()
            .max(Comparator.comparingInt(LineCounts::ptxLine))
            .orElseThrow()
            .ptxLine();
    Counts.Builder sum = new Counts.Builder();
    launch.lines().stream()
        .filter(line -> line.ptxLine() >= Lab.FIRST_LINE && line.ptxLine() < end)
        .forEach(line -> sum.add(line.counts()));
    return sum.build();
  }

  /** A counter of the instruction on a line of the body, from 1. */
  static long at(LaunchCounts launch, int line, Counter counter) {
    return launch.lines().stream()
        .filter(each -> each.ptxLine() == Lab.FIRST_LINE + line - 1)
        .mapToLong(each -> each.counts().get(counter))
        .sum();
  }

  @Override
  public void close() {
    lab.close();
  }
}
