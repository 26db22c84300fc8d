package dev.lockstep.profile.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.device.Counter;
import dev.lockstep.device.Counts;
import dev.lockstep.device.Dim3;
import dev.lockstep.device.LaunchCounts;
import java.util.List;
import org.junit.jupiter.api.Test;

class TrafficTests {
  /** Powers of two, so that the sum shows which were added. */
  @Test
  void everyWayToGlobalAndSharedMemoryCounts() {
    Counts.Builder counts = new Counts.Builder();
    add(counts, 1, "GLOBAL_LOAD", "SECTORS", "DISTINCT_BYTES", "REQUESTS", "LINES", "BYTES");
    add(counts, 2, "GLOBAL_STORE", "SECTORS", "DISTINCT_BYTES", "REQUESTS", "LINES", "BYTES");
    add(counts, 4, "GLOBAL_COPY", "SECTORS", "DISTINCT_BYTES", "REQUESTS", "LINES", "BYTES");
    add(counts, 8, "GLOBAL_ATOMIC", "SECTORS", "DISTINCT_BYTES", "REQUESTS", "LINES", "BYTES");
    add(counts, 16, "GLOBAL_REDUCTION", "SECTORS", "DISTINCT_BYTES", "REQUESTS", "LINES", "BYTES");
    add(counts, 1, "SHARED_LOAD", "WAVEFRONTS", "CONFLICTS", "REQUESTS", "BYTES");
    add(counts, 2, "SHARED_STORE", "WAVEFRONTS", "CONFLICTS", "REQUESTS", "BYTES");
    add(counts, 4, "SHARED_ATOMIC", "WAVEFRONTS", "CONFLICTS", "REQUESTS", "BYTES");
    add(counts, 1, "LOCAL_LOAD", "SECTORS", "REQUESTS", "BYTES");
    add(counts, 2, "LOCAL_STORE", "SECTORS", "REQUESTS", "BYTES");
    counts.add(Counter.INSTRUCTIONS, 7).add(Counter.THREAD_INSTRUCTIONS, 200);
    counts.add(Counter.THREAD_INSTRUCTIONS_ON, 150);
    LaunchCounts launch =
        new LaunchCounts("k", new Dim3(1), new Dim3(32), counts.build(), 96, 32, List.of());

    // Sectors 1 each, distinct bytes 10, then 100 and more; wavefronts 1, conflicts 10.
    Traffic one = Traffic.of(List.of(launch));
    assertThat(one).isEqualTo(new Traffic(31, 310, 128, 70, 7, 3, 7, 200));
    assertThat(one.bytesPerSector()).isEqualTo(10);
    assertThat(Traffic.of(List.of(launch, launch)))
        .isEqualTo(new Traffic(62, 620, 256, 140, 14, 6, 14, 400));
  }

  /** Adds {@code unit} to the first counter, ten times that to the second, and so on. */
  private static void add(Counts.Builder counts, int unit, String prefix, String... names) {
    int weight = unit;
    for (String name : names) {
      counts.add(Counter.valueOf(prefix + "_" + name), weight);
      weight *= 10;
    }
  }
}
