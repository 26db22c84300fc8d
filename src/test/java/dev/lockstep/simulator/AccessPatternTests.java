package dev.lockstep.simulator;

import static dev.lockstep.simulator.CountingLab.at;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.device.Counter;
import dev.lockstep.device.LaunchCounts;
import java.util.HashSet;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** How often and in what order patterns of accesses come changes no count. */
class AccessPatternTests {
  private final CountingLab lab = new CountingLab();

  @AfterEach
  void close() {
    lab.close();
  }

  @Test
  void patternsThatChangeAreCountedAnew() {
    // The stride grows from turn to turn: 4, 8, 16, 32, 64, 128 bytes, twice.
    LaunchCounts counts =
        lab.count(
            32,
            """
            mov.u32 %r1, 0;
            LOOP: rem.u32 %r2, %r1, 6;
            add.u32 %r2, %r2, 2;
            shl.b32 %r3, %t, %r2;
            cvt.u64.u32 %rd1, %r3;
            add.s64 %rd1, %in, %rd1;
            ld.global.u32 %r4, [%rd1];
            add.u32 %r1, %r1, 1;
            setp.lt.u32 %p1, %r1, 12;
            @%p1 bra LOOP;
            """);
    assertThat(at(counts, 7, Counter.GLOBAL_LOAD_REQUESTS)).isEqualTo(12);
    assertThat(at(counts, 7, Counter.GLOBAL_LOAD_SECTORS))
        .isEqualTo(2 * (4 + 8 + 16 + 32 + 32 + 32));
    assertThat(at(counts, 7, Counter.GLOBAL_LOAD_LINES)).isEqualTo(2 * (1 + 2 + 4 + 8 + 16 + 32));
    // 4, 8, 16 and 32-byte steps touch every sector of the first kilobyte; 64 and 128-byte steps
    // every second of the next and every fourth of the rest.
    assertThat(counts.compulsoryLoadBytes()).isEqualTo(32 * (32 + 16 + 16));
  }

  /** Every other time a new one, or one that was forgotten meanwhile. */
  @Test
  void morePatternsThanAreRememberedAreCountedAllTheSame() {
    int patterns = 40;
    int turns = 4 * patterns;
    LaunchCounts counts =
        lab.declare(".shared .align 16 .b8 s[4096];")
            .count(
                32,
                """
                mov.u32 %%r1, 0;
                mul.lo.u32 %%r2, %%t, %%t;
                mov.u32 %%r5, s;
                LOOP: and.b32 %%r3, %%r1, 1;
                shr.u32 %%r4, %%r1, 1;
                rem.u32 %%r4, %%r4, %d;
                mul.lo.u32 %%r3, %%r3, %%r4;
                mad.lo.u32 %%r3, %%r3, %%r2, %%t;
                and.b32 %%r3, %%r3, 1023;
                shl.b32 %%r3, %%r3, 2;
                cvt.u64.u32 %%rd1, %%r3;
                add.s64 %%rd1, %%in, %%rd1;
                ld.global.u32 %%r4, [%%rd1];
                add.u32 %%r6, %%r5, %%r3;
                ld.shared.u32 %%r4, [%%r6];
                add.u32 %%r1, %%r1, 1;
                setp.lt.u32 %%p1, %%r1, %d;
                @%%p1 bra LOOP;
                """
                    .formatted(patterns, turns));
    long sectors = 0;
    long wavefronts = 0;
    Set<Integer> all = new HashSet<>();
    for (int turn = 0; turn < turns; turn++) {
      int factor = turn % 2 * (turn / 2 % patterns);
      Set<Integer> words = new TreeSet<>();
      IntStream.range(0, 32).forEach(t -> words.add(factor * t * t + t & 1023));
      sectors += words.stream().map(word -> word / 8).distinct().count();
      int[] banks = new int[32];
      words.forEach(word -> banks[word % 32]++);
      wavefronts += IntStream.of(banks).max().orElseThrow();
      words.forEach(word -> all.add(word / 8));
    }
    assertThat(at(counts, 13, Counter.GLOBAL_LOAD_REQUESTS)).isEqualTo(turns);
    assertThat(at(counts, 13, Counter.GLOBAL_LOAD_SECTORS)).isEqualTo(sectors);
    assertThat(counts.compulsoryLoadBytes()).isEqualTo(32L * all.size());
    assertThat(at(counts, 15, Counter.SHARED_LOAD_REQUESTS)).isEqualTo(turns);
    assertThat(at(counts, 15, Counter.SHARED_LOAD_WAVEFRONTS)).isEqualTo(wavefronts);
  }

  @Test
  void accessesByOneRegisterCountEachForItself() {
    LaunchCounts counts =
        lab.declare(".shared .align 16 .b8 s[2048];")
            .count(
                64,
                """
                mul.wide.u32 %rd1, %t, 4;
                add.s64 %rd1, %in, %rd1;
                ld.global.u32 %r1, [%rd1];
                ld.global.u32 %r2, [%rd1+4];
                st.global.u32 [%rd1+2048], %r2;
                ld.global.u16 %h1, [%rd1+32];
                add.s64 %rd1, %rd1, 16;
                ld.global.u32 %r1, [%rd1];
                setp.lt.u32 %p1, %t, 8;
                @%p1 ld.global.u32 %r1, [%rd1];
                mov.u32 %r4, s;
                mad.lo.u32 %r4, %t, 8, %r4;
                st.shared.u32 [%r4], %r1;
                ld.shared.v2.u32 {%r5,%r6}, [%r4+8];
                atom.shared.add.u32 %r4, [%r4], 1;
                """);
    assertThat(at(counts, 3, Counter.GLOBAL_LOAD_SECTORS)).isEqualTo(8);
    assertThat(at(counts, 4, Counter.GLOBAL_LOAD_SECTORS)).isEqualTo(10);
    assertThat(at(counts, 5, Counter.GLOBAL_STORE_SECTORS)).isEqualTo(8);
    assertThat(at(counts, 6, Counter.GLOBAL_LOAD_SECTORS)).isEqualTo(8);
    assertThat(at(counts, 6, Counter.GLOBAL_LOAD_BYTES)).isEqualTo(128);
    assertThat(at(counts, 8, Counter.GLOBAL_LOAD_SECTORS)).isEqualTo(10);
    assertThat(at(counts, 10, Counter.GLOBAL_LOAD_REQUESTS)).isEqualTo(1);
    assertThat(at(counts, 10, Counter.GLOBAL_LOAD_SECTORS)).isEqualTo(2);
    assertThat(at(counts, 13, Counter.SHARED_STORE_WAVEFRONTS)).isEqualTo(2 * 2);
    assertThat(at(counts, 14, Counter.SHARED_LOAD_WAVEFRONTS)).isEqualTo(2 * 2);
    assertThat(at(counts, 14, Counter.SHARED_LOAD_CONFLICTS)).isZero();
    assertThat(at(counts, 15, Counter.SHARED_ATOMIC_WAVEFRONTS)).isEqualTo(2 * 2);
    // Two warps' words, and 16 or 32 bytes more.
    assertThat(counts.compulsoryLoadBytes()).isEqualTo(256 + 32);
    assertThat(counts.compulsoryStoreBytes()).isEqualTo(256);
  }

  /** As where each lane goes through a row of its own that begins anywhere. */
  @Test
  void aPatternThatMovesOnIsCountedWhereverItLies() {
    int turns = 300;
    LaunchCounts counts =
        lab.count(
            32,
            """
            mov.u32 %%r1, 0;
            mul.lo.u32 %%r2, %%t, %%t;
            and.b32 %%r2, %%r2, 127;
            LOOP: add.u32 %%r3, %%r2, %%r1;
            shl.b32 %%r3, %%r3, 2;
            cvt.u64.u32 %%rd1, %%r3;
            add.s64 %%rd1, %%in, %%rd1;
            ld.global.u32 %%r4, [%%rd1];
            add.u32 %%r1, %%r1, 1;
            setp.lt.u32 %%p1, %%r1, %d;
            @%%p1 bra LOOP;
            """
                .formatted(turns));
    long sectors = 0;
    long lines = 0;
    for (int turn = 0; turn < turns; turn++) {
      int moved = turn;
      sectors += IntStream.range(0, 32).map(t -> ((t * t & 127) + moved) / 8).distinct().count();
      lines += IntStream.range(0, 32).map(t -> ((t * t & 127) + moved) / 32).distinct().count();
    }
    assertThat(at(counts, 8, Counter.GLOBAL_LOAD_REQUESTS)).isEqualTo(turns);
    assertThat(at(counts, 8, Counter.GLOBAL_LOAD_SECTORS)).isEqualTo(sectors);
    assertThat(at(counts, 8, Counter.GLOBAL_LOAD_LINES)).isEqualTo(lines);
    assertThat(counts.compulsoryLoadBytes()).isEqualTo(4 * (turns + 128) / 32 * 32);
  }

  /** So many different patterns that they are remembered no more, and later a few again. */
  @Test
  void addressesInNoOrderAreCountedOneByOne() {
    int turns = 5000;
    LaunchCounts counts =
        lab.declare(".shared .align 16 .b8 s[4096];")
            .count(
                32,
                """
                mov.u32 %%r1, 0;
                mov.u32 %%r2, %%t;
                mov.u32 %%r5, s;
                LOOP: mad.lo.u32 %%r2, %%r2, 1664525, 1013904223;
                bfe.u32 %%r3, %%r2, 20, 9;
                shl.b32 %%r3, %%r3, 2;
                cvt.u64.u32 %%rd1, %%r3;
                add.s64 %%rd1, %%in, %%rd1;
                ld.global.u32 %%r4, [%%rd1];
                ld.global.u32 %%r7, [%%rd1+1028];
                add.u32 %%r6, %%r5, %%r3;
                st.shared.u32 [%%r6], %%r4;
                add.u32 %%r1, %%r1, 1;
                setp.lt.u32 %%p1, %%r1, %d;
                @%%p1 bra LOOP;
                """
                    .formatted(turns));
    int[] state = IntStream.range(0, 32).toArray();
    long sectors = 0;
    long lines = 0;
    long further = 0;
    long distinct = 0;
    long wavefronts = 0;
    Set<Integer> all = new HashSet<>();
    for (int turn = 0; turn < turns; turn++) {
      Set<Integer> words = new TreeSet<>();
      for (int t = 0; t < 32; t++) {
        state[t] = state[t] * 1664525 + 1013904223;
        words.add(state[t] >>> 20 & 511);
      }
      sectors += words.stream().map(word -> word / 8).distinct().count();
      lines += words.stream().map(word -> word / 32).distinct().count();
      further += words.stream().map(word -> (word + 257) / 8).distinct().count();
      distinct += 4L * words.size();
      int most = 0;
      for (int bank = 0; bank < 32; bank++) {
        int b = bank;
        most = Math.max(most, (int) words.stream().filter(word -> word % 32 == b).count());
      }
      wavefronts += most;
      words.forEach(word -> all.add(word / 8));
      words.forEach(word -> all.add((word + 257) / 8));
    }
    assertThat(at(counts, 9, Counter.GLOBAL_LOAD_REQUESTS)).isEqualTo(turns);
    assertThat(at(counts, 9, Counter.GLOBAL_LOAD_SECTORS)).isEqualTo(sectors);
    assertThat(at(counts, 9, Counter.GLOBAL_LOAD_LINES)).isEqualTo(lines);
    assertThat(at(counts, 9, Counter.GLOBAL_LOAD_BYTES)).isEqualTo(turns * 128);
    assertThat(at(counts, 9, Counter.GLOBAL_LOAD_DISTINCT_BYTES)).isEqualTo(distinct);
    assertThat(at(counts, 10, Counter.GLOBAL_LOAD_SECTORS)).isEqualTo(further);
    assertThat(counts.compulsoryLoadBytes()).isEqualTo(32L * all.size());
    assertThat(at(counts, 12, Counter.SHARED_STORE_WAVEFRONTS)).isEqualTo(wavefronts);
    assertThat(at(counts, 12, Counter.SHARED_STORE_CONFLICTS)).isEqualTo(wavefronts - turns);
  }

  /** More strides than are remembered, each of them so seldom that it is counted by itself. */
  @Test
  void stridesInNoOrderAreCountedOneByOne() {
    int turns = 300;
    LaunchCounts counts =
        lab.count(
            32,
            """
            mov.u32 %%r1, 0;
            mov.u32 %%r5, 1;
            LOOP: mad.lo.u32 %%r5, %%r5, 1664525, 1013904223;
            shr.u32 %%r2, %%r5, 27;
            sub.s32 %%r2, %%r2, 16;
            mul.lo.s32 %%r3, %%t, %%r2;
            mul.wide.s32 %%rd1, %%r3, 4;
            add.s64 %%rd1, %%in, %%rd1;
            ld.global.u32 %%r4, [%%rd1+2048];
            st.global.u32 [%%rd1+2052], %%r4;
            add.u32 %%r1, %%r1, 1;
            setp.lt.u32 %%p1, %%r1, %d;
            @%%p1 bra LOOP;
            """
                .formatted(turns));
    long sectors = 0;
    long lines = 0;
    long distinct = 0;
    Set<Integer> read = new HashSet<>();
    Set<Integer> written = new HashSet<>();
    int state = 1;
    for (int turn = 0; turn < turns; turn++) {
      state = state * 1664525 + 1013904223;
      int stride = (state >>> 27) - 16;
      Set<Integer> words = new HashSet<>();
      for (int t = 0; t < 32; t++) {
        words.add(512 + t * stride);
      }
      sectors += words.stream().map(word -> word / 8).distinct().count();
      lines += words.stream().map(word -> word / 32).distinct().count();
      distinct += 4L * words.size();
      words.forEach(word -> read.add(word / 8));
      words.forEach(word -> written.add((word + 1) / 8));
    }
    assertThat(at(counts, 9, Counter.GLOBAL_LOAD_REQUESTS)).isEqualTo(turns);
    assertThat(at(counts, 9, Counter.GLOBAL_LOAD_SECTORS)).isEqualTo(sectors);
    assertThat(at(counts, 9, Counter.GLOBAL_LOAD_LINES)).isEqualTo(lines);
    assertThat(at(counts, 9, Counter.GLOBAL_LOAD_BYTES)).isEqualTo(turns * 128);
    assertThat(at(counts, 9, Counter.GLOBAL_LOAD_DISTINCT_BYTES)).isEqualTo(distinct);
    assertThat(at(counts, 10, Counter.GLOBAL_STORE_DISTINCT_BYTES)).isEqualTo(distinct);
    assertThat(counts.compulsoryLoadBytes()).isEqualTo(32L * read.size());
    assertThat(counts.compulsoryStoreBytes()).isEqualTo(32L * written.size());
  }
}
