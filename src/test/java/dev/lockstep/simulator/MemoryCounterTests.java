package dev.lockstep.simulator;

import static dev.lockstep.simulator.CountingLab.at;
import static dev.lockstep.simulator.CountingLab.body;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.device.Counter;
import dev.lockstep.device.Counts;
import dev.lockstep.device.DeviceOptions;
import dev.lockstep.device.Launch;
import dev.lockstep.device.LaunchCounts;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MemoryCounterTests {
  private final CountingLab lab = new CountingLab();

  @AfterEach
  void close() {
    lab.close();
  }

  /** Lane t loads 4 bytes at {@code start + stride · t}. */
  @ParameterizedTest(name = "stride {0} from {1}")
  @CsvSource({
    // stride, start, sectors, lines, distinct bytes
    "4, 0, 4, 1, 128",
    "4, 4, 5, 2, 128",
    "4, 96, 4, 2, 128",
    "8, 0, 8, 2, 128",
    "32, 0, 32, 8, 128",
    "128, 0, 32, 32, 128",
    "0, 64, 1, 1, 4",
    "12, 20, 13, 4, 128",
  })
  void aWarpLoadsTheSectorsItsLanesTouch(
      int stride, int start, int sectors, int lines, int distinct) {
    LaunchCounts counts =
        lab.count(
            64,
            """
            rem.u32 %%r1, %%t, 32;
            mul.wide.u32 %%rd1, %%r1, %d;
            add.s64 %%rd1, %%in, %%rd1;
            ld.global.u32 %%r2, [%%rd1+%d];
            """
                .formatted(stride, start));
    assertThat(at(counts, 4, Counter.GLOBAL_LOAD_REQUESTS)).isEqualTo(2);
    assertThat(at(counts, 4, Counter.GLOBAL_LOAD_SECTORS)).isEqualTo(2 * sectors);
    assertThat(at(counts, 4, Counter.GLOBAL_LOAD_LINES)).isEqualTo(2 * lines);
    assertThat(at(counts, 4, Counter.GLOBAL_LOAD_BYTES)).isEqualTo(2 * 128);
    assertThat(at(counts, 4, Counter.GLOBAL_LOAD_DISTINCT_BYTES)).isEqualTo(2 * distinct);
    // Both warps read the same.
    assertThat(counts.compulsoryLoadBytes()).isEqualTo(32 * sectors);
    assertThat(counts.compulsoryStoreBytes()).isZero();
  }

  @Test
  void vectorsAreOneRequest() {
    LaunchCounts counts =
        lab.count(
            Launch.of(2, 64),
            """
            mul.wide.u32 %rd1, %t, 16;
            add.s64 %rd1, %in, %rd1;
            ld.global.v4.u32 {%r1,%r2,%r3,%r4}, [%rd1];
            st.global.u32 [%mine], %r1;
            """);
    Counts body = body(counts);
    assertThat(body.get(Counter.GLOBAL_LOAD_REQUESTS)).isEqualTo(4);
    assertThat(body.get(Counter.GLOBAL_LOAD_SECTORS)).isEqualTo(4 * 16);
    assertThat(body.get(Counter.GLOBAL_LOAD_LINES)).isEqualTo(4 * 4);
    assertThat(body.get(Counter.GLOBAL_LOAD_BYTES)).isEqualTo(4 * 512);
    assertThat(body.get(Counter.GLOBAL_STORE_REQUESTS)).isEqualTo(4);
    assertThat(body.get(Counter.GLOBAL_STORE_SECTORS)).isEqualTo(4 * 4);
    // Two blocks read the same kilobyte and write 256 bytes each.
    assertThat(counts.compulsoryLoadBytes()).isEqualTo(1024);
    assertThat(counts.compulsoryStoreBytes()).isEqualTo(512);
  }

  @Test
  void lanesWhoseGuardDoesNotHoldTouchNothing() {
    LaunchCounts counts =
        lab.count(
            64,
            """
            setp.lt.u32 %p1, %t, 9;
            @%p1 st.global.u32 [%mine], %t;
            """);
    assertThat(at(counts, 2, Counter.INSTRUCTIONS)).isEqualTo(2);
    assertThat(at(counts, 2, Counter.GLOBAL_STORE_REQUESTS)).isEqualTo(1);
    assertThat(at(counts, 2, Counter.GLOBAL_STORE_SECTORS)).isEqualTo(2);
    assertThat(at(counts, 2, Counter.GLOBAL_STORE_BYTES)).isEqualTo(36);
    assertThat(counts.compulsoryStoreBytes()).isEqualTo(64);
  }

  /** Lane t loads 4 bytes of shared memory at {@code stride · t}. */
  @ParameterizedTest(name = "stride {0}")
  @CsvSource({"4, 1", "8, 2", "16, 4", "64, 16", "128, 32", "132, 1", "0, 1", "2, 1", "12, 1"})
  void lanesThatNeedDifferentWordsOfOneBankTakeTurns(int stride, int wavefronts) {
    LaunchCounts counts =
        lab.declare(".shared .align 16 .b8 s[8192];")
            .count(
                64,
                """
                rem.u32 %%r1, %%t, 32;
                mov.u32 %%r2, s;
                mad.lo.u32 %%r1, %%r1, %d, %%r2;
                ld.shared.u%d %%r3, [%%r1];
                """
                    .formatted(stride, stride == 2 ? 16 : 32));
    assertThat(at(counts, 4, Counter.SHARED_LOAD_REQUESTS)).isEqualTo(2);
    assertThat(at(counts, 4, Counter.SHARED_LOAD_WAVEFRONTS)).isEqualTo(2 * wavefronts);
    assertThat(at(counts, 4, Counter.SHARED_LOAD_CONFLICTS)).isEqualTo(2 * (wavefronts - 1));
  }

  /** Vectors are accessed by half-warps or quarter-warps, which conflict only among themselves. */
  @ParameterizedTest(name = "v{0} stride {1}")
  @CsvSource({
    "2, 8, 2, 0",
    "4, 16, 4, 0",
    "2, 16, 4, 2",
    "4, 32, 8, 4",
    "4, 128, 32, 28",
    "2, 0, 2, 0"
  })
  void vectorsTakeTurnsByParts(int elements, int stride, int wavefronts, int conflicts) {
    String registers = elements == 2 ? "{%r4,%r5}" : "{%r4,%r5,%r6,%r7}";
    LaunchCounts counts =
        lab.declare(".shared .align 16 .b8 s[8192];")
            .count(
                32,
                """
                mov.u32 %%r2, s;
                mad.lo.u32 %%r1, %%t, %d, %%r2;
                st.shared.v%d.u32 [%%r1], %s;
                """
                    .formatted(stride, elements, registers));
    assertThat(at(counts, 3, Counter.SHARED_STORE_WAVEFRONTS)).isEqualTo(wavefronts);
    assertThat(at(counts, 3, Counter.SHARED_STORE_CONFLICTS)).isEqualTo(conflicts);
    assertThat(at(counts, 3, Counter.SHARED_STORE_BYTES)).isEqualTo(32 * 4 * elements);
  }

  @Test
  void genericAddressesCountWhereTheyLead() {
    LaunchCounts counts =
        lab.declare(".shared .align 16 .b8 s[256];")
            .count(
                32,
                """
                .local .align 4 .b8 mem[16];
                mul.wide.u32 %rd1, %t, 4;
                mov.u64 %rd2, s;
                cvta.shared.u64 %rd2, %rd2;
                add.s64 %rd2, %rd2, %rd1;
                mov.u64 %rd3, mem;
                cvta.local.u64 %rd3, %rd3;
                setp.lt.u32 %p1, %t, 16;
                selp.b64 %rd4, %rd2, %mine, %p1;
                st.u32 [%rd4], %t;
                st.u32 [%rd3+4], %t;
                ld.u32 %r1, [%rd2];
                """);
    assertThat(at(counts, 10, Counter.SHARED_STORE_REQUESTS)).isEqualTo(1);
    assertThat(at(counts, 10, Counter.SHARED_STORE_BYTES)).isEqualTo(64);
    assertThat(at(counts, 10, Counter.GLOBAL_STORE_REQUESTS)).isEqualTo(1);
    assertThat(at(counts, 10, Counter.GLOBAL_STORE_SECTORS)).isEqualTo(2);
    assertThat(at(counts, 11, Counter.LOCAL_STORE_SECTORS)).isEqualTo(4);
    assertThat(at(counts, 12, Counter.SHARED_LOAD_WAVEFRONTS)).isEqualTo(1);
    assertThat(counts.compulsoryStoreBytes()).isEqualTo(64);
  }

  @Test
  void localMemoryLiesInterleavedByLane() {
    LaunchCounts counts =
        lab.count(
            32,
            """
            .local .align 16 .b8 mem[256];
            mov.u32 %r1, mem;
            st.local.u32 [%r1+8], %t;
            st.local.v4.u32 [%r1], {%r2,%r3,%r4,%r5};
            mad.lo.u32 %r6, %t, 4, %r1;
            ld.local.u32 %r7, [%r6];
            """);
    assertThat(at(counts, 3, Counter.LOCAL_STORE_SECTORS)).isEqualTo(4);
    assertThat(at(counts, 4, Counter.LOCAL_STORE_SECTORS)).isEqualTo(16);
    // Every lane its own word: a line, and in it a sector, for each.
    assertThat(at(counts, 6, Counter.LOCAL_LOAD_SECTORS)).isEqualTo(32);
    assertThat(at(counts, 6, Counter.LOCAL_LOAD_REQUESTS)).isEqualTo(1);
    assertThat(at(counts, 6, Counter.LOCAL_LOAD_BYTES)).isEqualTo(128);
  }

  /** The sanitizer has the access executed again that first reads what nobody wrote. */
  @Test
  void whatIsReadWithoutAValueCountsOnce() {
    try (CountingLab watched = new CountingLab(DeviceOptions.defaults().withSanitize(true))) {
      LaunchCounts counts =
          watched.count(
              Launch.of(2, 64),
              """
              .shared .align 4 .b8 mem[256];
              mov.u32 %r1, mem;
              mad.lo.u32 %r1, %t, 4, %r1;
              setp.lt.u32 %p1, %t, 40;
              @%p1 ld.shared.u32 %r2, [%r1];
              add.u32 %r3, %r2, 1;
              """);
      assertThat(at(counts, 5, Counter.SHARED_LOAD_REQUESTS)).isEqualTo(4);
      assertThat(at(counts, 5, Counter.SHARED_LOAD_BYTES)).isEqualTo(2 * 160);
      assertThat(at(counts, 5, Counter.MEMORY)).isEqualTo(2 * 40);
      assertThat(at(counts, 6, Counter.INSTRUCTIONS)).isEqualTo(4);
    }
  }

  @Test
  void atomicsAndReductionsCountApart() {
    LaunchCounts counts =
        lab.declare(".shared .align 16 .b8 s[256];")
            .count(
                64,
                """
                mov.u32 %r1, s;
                atom.global.add.u32 %r2, [%out], 1;
                red.global.add.u32 [%mine], 1;
                atom.shared.add.u32 %r3, [%r1], 1;
                """);
    assertThat(at(counts, 2, Counter.GLOBAL_ATOMIC_REQUESTS)).isEqualTo(2);
    assertThat(at(counts, 2, Counter.GLOBAL_ATOMIC_SECTORS)).isEqualTo(2);
    assertThat(at(counts, 3, Counter.GLOBAL_REDUCTION_REQUESTS)).isEqualTo(2);
    assertThat(at(counts, 3, Counter.GLOBAL_REDUCTION_SECTORS)).isEqualTo(8);
    // All lanes on one word, one after the other.
    assertThat(at(counts, 4, Counter.SHARED_ATOMIC_WAVEFRONTS)).isEqualTo(64);
    assertThat(at(counts, 4, Counter.SHARED_ATOMIC_CONFLICTS)).isEqualTo(62);
    assertThat(counts.compulsoryLoadBytes()).isEqualTo(256);
    assertThat(counts.compulsoryStoreBytes()).isEqualTo(256);
  }

  @Test
  void asynchronousCopiesReadGlobalAndWriteSharedMemory() {
    LaunchCounts counts =
        lab.declare(".shared .align 16 .b8 s[1024];")
            .count(
                32,
                """
                mov.u32 %r1, s;
                mad.lo.u32 %r1, %t, 16, %r1;
                mul.wide.u32 %rd1, %t, 16;
                add.s64 %rd1, %in, %rd1;
                cp.async.cg.shared.global [%r1], [%rd1], 16;
                setp.lt.u32 %p1, %t, 8;
                selp.b32 %r2, 16, 0, %p1;
                cp.async.cg.shared.global [%r1], [%rd1], 16, %r2;
                cp.async.wait_all;
                """);
    assertThat(at(counts, 5, Counter.GLOBAL_COPY_REQUESTS)).isEqualTo(1);
    assertThat(at(counts, 5, Counter.GLOBAL_COPY_SECTORS)).isEqualTo(16);
    assertThat(at(counts, 5, Counter.SHARED_STORE_WAVEFRONTS)).isEqualTo(4);
    // The lanes that only write zeroes read nothing.
    assertThat(at(counts, 8, Counter.GLOBAL_COPY_SECTORS)).isEqualTo(4);
    assertThat(at(counts, 8, Counter.GLOBAL_COPY_BYTES)).isEqualTo(128);
    assertThat(at(counts, 8, Counter.SHARED_STORE_BYTES)).isEqualTo(512);
    assertThat(counts.compulsoryLoadBytes()).isEqualTo(512);
  }

  /** Rows 16 bytes apart lie in different banks, rows 128 bytes apart all in the same four. */
  @ParameterizedTest(name = "x{0} stride {1}")
  @CsvSource({"4, 16, 4", "2, 16, 2", "1, 16, 1", "4, 128, 32", "4, 144, 4", "2, 128, 16"})
  void matricesAreLoadedRowByRow(int matrices, int stride, int wavefronts) {
    String d =
        switch (matrices) {
          case 1 -> "{%r2}";
          case 2 -> "{%r2,%r3}";
          // The first result takes the place of the address.
          default -> "{%r1,%r3,%r4,%r5}";
        };
    LaunchCounts counts =
        lab.declare(".shared .align 16 .b8 s[8192];")
            .count(
                32,
                """
                mov.u32 %%r1, s;
                mad.lo.u32 %%r1, %%t, %d, %%r1;
                ldmatrix.sync.aligned.m8n8.x%d.shared.b16 %s, [%%r1];
                """
                    .formatted(stride, matrices, d));
    assertThat(at(counts, 3, Counter.SHARED_LOAD_REQUESTS)).isEqualTo(1);
    assertThat(at(counts, 3, Counter.SHARED_LOAD_WAVEFRONTS)).isEqualTo(wavefronts);
    assertThat(at(counts, 3, Counter.SHARED_LOAD_CONFLICTS)).isEqualTo(wavefronts - matrices);
    assertThat(at(counts, 3, Counter.SHARED_LOAD_BYTES)).isEqualTo(matrices * 128);
  }
}
