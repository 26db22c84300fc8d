package dev.lockstep.profile;

import dev.lockstep.device.Counter;
import dev.lockstep.device.Counts;
import java.util.List;

/**
 * A line of source and its part of a launch. Shares go from 0 to 1.
 *
 * @param place {@code file.cu:12}, or {@code ptx:34} where the source is not at hand
 * @param text the line, or the PTX instruction
 * @param instructions its share of the instructions that warps executed
 * @param sectors its share of the sectors of global memory that were asked for
 * @param conflicts its share of the bank conflicts
 * @param causes what makes it slower than it could be, in words
 */
public record HotLine(
    String place,
    String text,
    Counts counts,
    double instructions,
    double sectors,
    double conflicts,
    List<String> causes) {
  /**
   * @param threads those that were at work in all its instructions together
   */
  static HotLine of(String place, String text, Counts counts, long threads, Counts totals) {
    return new HotLine(
        place,
        text,
        counts,
        share(counts.get(Counter.INSTRUCTIONS), totals.get(Counter.INSTRUCTIONS)),
        share(sectors(counts), sectors(totals)),
        share(conflicts(counts), conflicts(totals)),
        Causes.of(counts, threads));
  }

  /** What lines are ordered by: their part of what the launch had to do, of whatever kind. */
  double weight() {
    return instructions + sectors + conflicts;
  }

  private static double share(long part, long whole) {
    return whole == 0 ? 0 : (double) part / whole;
  }

  static long sectors(Counts counts) {
    return counts.sum(
        Counter.GLOBAL_LOAD_SECTORS,
        Counter.GLOBAL_STORE_SECTORS,
        Counter.GLOBAL_COPY_SECTORS,
        Counter.GLOBAL_ATOMIC_SECTORS,
        Counter.GLOBAL_REDUCTION_SECTORS);
  }

  static long conflicts(Counts counts) {
    return counts.sum(
        Counter.SHARED_LOAD_CONFLICTS,
        Counter.SHARED_STORE_CONFLICTS,
        Counter.SHARED_ATOMIC_CONFLICTS);
  }
}
