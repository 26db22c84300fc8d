package dev.lockstep.simulator;

import static dev.lockstep.simulator.CountingLab.at;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.device.Counter;
import dev.lockstep.device.LaunchCounts;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What lanes access at random is counted as plain sets of sectors, lines and words say. */
class ScatteredAccessTests {
  private static final int TURNS = 200;
  private static final int BYTES = 4096;
  private static final int ACCESS_LINE = 13;

  private final CountingLab lab = new CountingLab();

  @AfterEach
  void close() {
    lab.close();
  }

  /** An access by one lane. */
  private record Lane(int number, int offset) {}

  @ParameterizedTest(name = "{0} by all: {3}, within {2} bytes")
  @CsvSource({
    // instruction, bytes, range, all lanes or a random half of them
    "ld.global.u32 %r6_ [%rd2], 4, 4096, true",
    "ld.global.u8 %r6_ [%rd2], 1, 256, true",
    "ld.global.v4.u32 {%r6_%r7_%r8_%r9}_ [%rd2], 16, 4096, true",
    "ld.global.v2.u32 {%r6_%r7}_ [%rd2], 8, 4096, false",
    "atom.global.add.u32 %r6_ [%rd2]_ 1, 4, 4096, true",
    "atom.global.cas.b64 %rd3_ [%rd2]_ 0_ 1, 8, 1024, false",
    "red.global.add.u32 [%rd2]_ 1, 4, 1024, true",
    "red.global.add.u32 [%rd2]_ 1, 4, 4096, false",
  })
  void globalMemory(String instruction, int bytes, int range, boolean all) {
    String kind =
        instruction.startsWith("ld")
            ? "LOAD"
            : instruction.startsWith("a") ? "ATOMIC" : "REDUCTION";
    LaunchCounts counts = count(instruction, bytes, range, all);
    List<List<Lane>> turns = turns(bytes, range, all);
    long sectors = 0;
    long lines = 0;
    long asked = 0;
    long different = 0;
    Set<Integer> touched = new HashSet<>();
    for (List<Lane> turn : turns) {
      sectors += turn.stream().map(lane -> lane.offset / 32).distinct().count();
      lines += turn.stream().map(lane -> lane.offset / 128).distinct().count();
      asked += (long) turn.size() * bytes;
      different += bytes * turn.stream().map(Lane::offset).distinct().count();
      turn.forEach(lane -> touched.add(lane.offset / 32));
    }
    assertThat(access(counts, "GLOBAL_%s_REQUESTS", kind)).isEqualTo(turns.size());
    assertThat(access(counts, "GLOBAL_%s_SECTORS", kind)).isEqualTo(sectors);
    assertThat(access(counts, "GLOBAL_%s_LINES", kind)).isEqualTo(lines);
    assertThat(access(counts, "GLOBAL_%s_BYTES", kind)).isEqualTo(asked);
    assertThat(access(counts, "GLOBAL_%s_DISTINCT_BYTES", kind)).isEqualTo(different);
    assertThat(counts.compulsoryLoadBytes()).isEqualTo(32L * touched.size());
    assertThat(counts.compulsoryStoreBytes())
        .isEqualTo(kind.equals("LOAD") ? 0 : 32L * touched.size());
  }

  @ParameterizedTest(name = "{0} by all: {3}, within {2} bytes")
  @CsvSource({
    "ld.shared.u32 %r6_ [%r4], 4, 4096, true",
    "ld.shared.u32 %r6_ [%r4], 4, 256, true",
    "ld.shared.u32 %r6_ [%r4], 4, 64, true",
    "ld.shared.u8 %r6_ [%r4], 1, 256, true",
    "ld.shared.u8 %r6_ [%r4], 1, 256, false",
    "ld.shared.u16 %r6_ [%r4], 2, 4096, false",
    "ld.shared.v2.u32 {%r6_%r7}_ [%r4], 8, 1024, true",
    "ld.shared.v2.u32 {%r6_%r7}_ [%r4], 8, 256, true",
    "ld.shared.v4.u32 {%r6_%r7_%r8_%r9}_ [%r4], 16, 4096, true",
    "ld.shared.v4.u32 {%r6_%r7_%r8_%r9}_ [%r4], 16, 1024, false",
    "atom.shared.add.u32 %r6_ [%r4]_ 1, 4, 1024, true",
    "atom.shared.add.u32 %r6_ [%r4]_ 1, 4, 64, false",
    "atom.shared.cas.b64 %rd3_ [%r4]_ 0_ 1, 8, 4096, true",
  })
  void sharedMemory(String instruction, int bytes, int range, boolean all) {
    String kind = instruction.startsWith("ld") ? "LOAD" : "ATOMIC";
    LaunchCounts counts = count(instruction, bytes, range, all);
    List<List<Lane>> turns = turns(bytes, range, all);
    int together = 128 / Math.max(4, bytes);
    long wavefronts = 0;
    long groups = 0;
    long asked = 0;
    for (List<Lane> turn : turns) {
      Map<Integer, List<Lane>> parts = new HashMap<>();
      turn.forEach(
          lane -> parts.computeIfAbsent(lane.number / together, p -> new ArrayList<>()).add(lane));
      for (List<Lane> part : parts.values()) {
        wavefronts += mostOfABank(part, bytes, kind.equals("ATOMIC"));
        groups++;
      }
      asked += (long) turn.size() * bytes;
    }
    assertThat(access(counts, "SHARED_%s_REQUESTS", kind)).isEqualTo(turns.size());
    assertThat(access(counts, "SHARED_%s_WAVEFRONTS", kind)).isEqualTo(wavefronts);
    assertThat(access(counts, "SHARED_%s_CONFLICTS", kind)).isEqualTo(wavefronts - groups);
    assertThat(access(counts, "SHARED_%s_BYTES", kind)).isEqualTo(asked);
  }

  /** Atomics at one word take turns, too. */
  private static int mostOfABank(List<Lane> lanes, int bytes, boolean atomic) {
    Map<Integer, List<Integer>> banks = new HashMap<>();
    for (Lane lane : lanes) {
      for (int word = lane.offset / 4; word <= (lane.offset + bytes - 1) / 4; word++) {
        List<Integer> words = banks.computeIfAbsent(word % 32, bank -> new ArrayList<>());
        if (atomic || !words.contains(word)) {
          words.add(word);
        }
      }
    }
    return banks.values().stream().mapToInt(List::size).max().orElseThrow();
  }

  @ParameterizedTest(name = "{0} by all: {3}, within {2} bytes")
  @CsvSource({
    "ld.local.u32 %r6_ [%r5], 4, 128, true",
    "ld.local.u32 %r6_ [%r5], 4, 4096, true",
    "ld.local.u32 %r6_ [%r5], 4, 1024, false",
    "ld.local.u8 %r6_ [%r5], 1, 256, true",
    "ld.local.v2.u32 {%r6_%r7}_ [%r5], 8, 1024, true",
    "ld.local.v4.u32 {%r6_%r7_%r8_%r9}_ [%r5], 16, 4096, false",
  })
  void localMemory(String instruction, int bytes, int range, boolean all) {
    LaunchCounts counts = count(instruction, bytes, range, all);
    List<List<Lane>> turns = turns(bytes, range, all);
    long sectors = 0;
    long asked = 0;
    for (List<Lane> turn : turns) {
      Set<List<Integer>> touched = new HashSet<>();
      for (Lane lane : turn) {
        for (int word = lane.offset / 4; word <= (lane.offset + bytes - 1) / 4; word++) {
          // Words of 32 lanes lie side by side, those of eight in a sector.
          touched.add(List.of(word, lane.number / 8));
        }
      }
      sectors += touched.size();
      asked += (long) turn.size() * bytes;
    }
    assertThat(access(counts, "LOCAL_%s_REQUESTS", "LOAD")).isEqualTo(turns.size());
    assertThat(access(counts, "LOCAL_%s_SECTORS", "LOAD")).isEqualTo(sectors);
    assertThat(access(counts, "LOCAL_%s_BYTES", "LOAD")).isEqualTo(asked);
  }

  private static long access(LaunchCounts counts, String counter, String kind) {
    return at(counts, ACCESS_LINE, Counter.valueOf(counter.formatted(kind)));
  }

  /** Runs turns of one access, whose addresses are in {@code %rd2}, {@code %r4} and {@code %r5}. */
  private LaunchCounts count(String instruction, int bytes, int range, boolean all) {
    return lab.declare(".shared .align 16 .b8 s[%d];".formatted(BYTES))
        .count(
            32,
            """
            .local .align 16 .b8 mem[%d];
            mov.u32 %%r1, 0;
            mov.u32 %%r2, %%t;
            LOOP: mad.lo.u32 %%r2, %%r2, 1664525, 1013904223;
            bfe.u32 %%r3, %%r2, 12, 12;
            and.b32 %%r3, %%r3, %d;
            cvt.u64.u32 %%rd1, %%r3;
            add.s64 %%rd2, %%in, %%rd1;
            mov.u32 %%r4, s;
            add.u32 %%r4, %%r4, %%r3;
            mov.u32 %%r5, mem; add.u32 %%r5, %%r5, %%r3;
            setp.%s.s32 %%p1, %%r2, 0;
            @%%p1 %s;
            add.u32 %%r1, %%r1, 1;
            setp.lt.u32 %%p2, %%r1, %d;
            @%%p2 bra LOOP;
            """
                .formatted(
                    BYTES, range - bytes, all ? "ne" : "lt", instruction.replace('_', ','), TURNS));
  }

  /** What the lanes of each turn access, but for turns in which none does. */
  private static List<List<Lane>> turns(int bytes, int range, boolean all) {
    int[] state = IntStream.range(0, 32).toArray();
    List<List<Lane>> turns = new ArrayList<>();
    for (int turn = 0; turn < TURNS; turn++) {
      List<Lane> lanes = new ArrayList<>();
      for (int t = 0; t < 32; t++) {
        state[t] = state[t] * 1664525 + 1013904223;
        if (all || state[t] < 0) {
          lanes.add(new Lane(t, state[t] >>> 12 & 4095 & range - bytes));
        }
      }
      if (!lanes.isEmpty()) {
        turns.add(lanes);
      }
    }
    return turns;
  }
}
