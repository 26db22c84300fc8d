package dev.lockstep.profile;

import dev.lockstep.device.Counter;
import dev.lockstep.device.Counts;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Says in words what makes a line slower than it could be. */
final class Causes {
  private static final int WARP = 32;
  private static final int SECTOR = 32;

  /** Lanes may be this idle before it is worth a word: a remainder here and there is no cause. */
  private static final double IDLE = 0.2;

  private static final double DIVERGENT = 0.1;

  private Causes() {}

  /**
   * @param threads those that were at work in all instructions together
   */
  static List<String> of(Counts counts, long threads) {
    List<String> causes = new ArrayList<>();
    global(
        causes,
        counts,
        "loads",
        Counter.GLOBAL_LOAD_REQUESTS,
        Counter.GLOBAL_LOAD_SECTORS,
        Counter.GLOBAL_LOAD_DISTINCT_BYTES);
    global(
        causes,
        counts,
        "copies",
        Counter.GLOBAL_COPY_REQUESTS,
        Counter.GLOBAL_COPY_SECTORS,
        Counter.GLOBAL_COPY_DISTINCT_BYTES);
    global(
        causes,
        counts,
        "stores",
        Counter.GLOBAL_STORE_REQUESTS,
        Counter.GLOBAL_STORE_SECTORS,
        Counter.GLOBAL_STORE_DISTINCT_BYTES);
    shared(causes, counts);
    long local = counts.sum(Counter.LOCAL_LOAD_SECTORS, Counter.LOCAL_STORE_SECTORS);
    if (local > 0) {
      causes.add(Units.count(local) + " sectors of local memory: spills or indexed arrays");
    }
    long instructions = counts.get(Counter.INSTRUCTIONS);
    double idle = instructions == 0 ? 0 : 1 - (double) threads / (WARP * instructions);
    if (idle >= IDLE) {
      causes.add(String.format(Locale.ROOT, "%.0f %% of lanes inactive", 100 * idle));
    }
    double divergent =
        (double) counts.get(Counter.DIVERGENT_BRANCHES) / Math.max(1, counts.get(Counter.BRANCHES));
    if (divergent >= DIVERGENT) {
      causes.add(String.format(Locale.ROOT, "%.0f %% of branches diverge", 100 * divergent));
    }
    return causes;
  }

  /** More sectors than the bytes would fill: lanes are apart, or a sector boundary is off. */
  private static void global(
      List<String> causes,
      Counts counts,
      String what,
      Counter requestCounter,
      Counter sectorCounter,
      Counter byteCounter) {
    long requests = counts.get(requestCounter);
    if (requests == 0) {
      return;
    }
    double each = (double) counts.get(sectorCounter) / requests;
    double needed = Math.ceil((double) counts.get(byteCounter) / requests / SECTOR);
    if (each < needed + 0.1) {
      return;
    }
    String why = each <= needed + 1 && needed > 1 ? "misaligned" : "uncoalesced";
    causes.add(
        String.format(
            Locale.ROOT,
            "%.1f sectors per request where %.0f would hold the bytes: %s %s",
            each,
            needed,
            why,
            what));
  }

  private static void shared(List<String> causes, Counts counts) {
    long conflicts = HotLine.conflicts(counts);
    if (conflicts == 0) {
      return;
    }
    long wavefronts =
        counts.sum(
            Counter.SHARED_LOAD_WAVEFRONTS,
            Counter.SHARED_STORE_WAVEFRONTS,
            Counter.SHARED_ATOMIC_WAVEFRONTS);
    double ways = (double) wavefronts / (wavefronts - conflicts);
    boolean whole = Math.abs(ways - Math.rint(ways)) < 0.005;
    causes.add(
        whole
            ? String.format(Locale.ROOT, "%.0f-way bank conflict", ways)
            : String.format(Locale.ROOT, "bank conflicts, %.1f-way on average", ways));
  }
}
