package dev.lockstep.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.device.DeviceOptions;
import dev.lockstep.device.ExecutionTier;
import dev.lockstep.device.Launch;
import dev.lockstep.device.Schedule;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class SpecialRegisterTests {
  private final Lab lab = new Lab();

  @AfterEach
  void close() {
    lab.close();
  }

  /** In thread 37 of block 2, of three blocks of 64. */
  @ParameterizedTest
  @CsvSource({
    "%tid.x, 37",
    "%ntid.x, 64",
    "%ctaid.x, 2",
    "%nctaid.x, 3",
    "%laneid, 5",
    "%warpid, 1",
    "%nwarpid, 2",
    "%smid, 2",
    "%nsmid, 108",
    "%lanemask_eq, 32",
    "%lanemask_lt, 31",
    "%lanemask_le, 63",
    "%lanemask_gt, -64",
    "%lanemask_ge, -32",
    "%gridid, 1",
    "%clusterid.x, 2",
    "%nclusterid.x, 3",
    "%clusterid.y, 0",
    "%nclusterid.z, 1",
    "%cluster_ctaid.x, 0",
    "%cluster_nctaid.y, 1",
    "%cluster_ctarank, 0",
    "%cluster_nctarank, 1",
    "%dynamic_smem_size, 0",
    "%total_smem_size, 256",
    "%aggr_smem_size, 1280",
    "%envreg3, 0",
    "%pm7, 0",
    "WARP_SZ, 32"
  })
  void values(String register, int expected) {
    int[] out =
        lab.declare(".shared .b8 s[200];")
            .run(
                Launch.of(3, 64),
                "mov.u32 %r1, " + register + "; st.shared.u8 [s], 0; st.global.u32 [%mine], %r1;",
                192,
                new int[0],
                0);
    assertThat(out[2 * 64 + 37]).isEqualTo(expected);
  }

  @Test
  void thereAreNoClusters() {
    int[] out =
        lab.run(
            1,
            """
            mov.pred %p1, %is_explicit_cluster;
            selp.u32 %r1, 1, 0, %p1;
            mov.u64 %rd1, %current_graph_exec;
            cvt.u32.u64 %r2, %rd1;
            add.u32 %r1, %r1, %r2;
            st.global.u32 [%mine], %r1;
            """);
    assertThat(out).containsExactly(0);
  }

  @Test
  void theVectorAsAWhole() {
    int[] out =
        lab.run(
            Launch.of(3, 32),
            """
            mov.v4.u32 {%r1, %r2, %r3, %r4}, %nctaid;
            mad.lo.u32 %r1, %r1, 10, %r2;
            mad.lo.u32 %r1, %r1, 10, %r3;
            mad.lo.u32 %r1, %r1, 10, %r4;
            st.global.u32 [%mine], %r1;
            """,
            96,
            new int[0],
            0);
    assertThat(out).containsOnly(3110);
  }

  /** Cycles are instructions of the block: the same in every run, and in every order. */
  @Test
  void theClockCountsInstructions() {
    String code =
        """
        mov.u32 %r1, %clock;
        mov.u64 %rd1, %clock64;
        add.u32 %r3, %t, 1;
        mov.u64 %rd2, %clock64;
        mov.u32 %r2, %clock_hi;
        sub.u64 %rd2, %rd2, %rd1;
        cvt.u32.u64 %r4, %rd2;
        cvt.u32.u64 %r5, %rd1;
        sub.u32 %r5, %r5, %r1;
        mad.lo.u32 %r4, %r4, 10, %r5;
        mad.lo.u32 %r4, %r4, 10, %r2;
        st.global.u32 [%mine], %r4;
        """;
    int[] out = lab.run(32, code);
    // Two instructions to the second reading, one between the first two; the upper half is zero.
    assertThat(out).containsOnly(210);
    assertThat(lab.run(32, code)).isEqualTo(out);
  }

  /** In generated code, too, which counts many at once. */
  @ParameterizedTest
  @EnumSource
  void theClockCountsInstructionsOfALoop(ExecutionTier tier) {
    DeviceOptions options = DeviceOptions.defaults().withThreads(1).withTier(tier);
    try (Lab tiered = new Lab(options)) {
      int[] out =
          tiered.run(
              32,
              """
              mov.u32 %r9, 0;
              mov.u32 %r8, 0;
              AGAIN: add.u32 %r5, %t, 7;
              mul.lo.u32 %r5, %r5, %r5;
              mov.u32 %r1, %clock;
              add.u32 %r5, %r5, 1;
              mul.lo.u32 %r5, %r5, %r5;
              add.u32 %r5, %r5, 1;
              mov.u32 %r2, %clock;
              sub.u32 %r3, %r2, %r1;
              or.b32 %r8, %r8, %r3;
              xor.b32 %r5, %r5, %r8;
              add.u32 %r9, %r9, 1;
              setp.lt.u32 %p1, %r9, 1000;
              @%p1 bra AGAIN;
              mad.lo.u32 %r8, %r9, 100, %r8;
              st.global.u32 [%mine], %r8;
              """);
      // The three between and the second reading, each time.
      assertThat(out).containsOnly(100_004);
    }
  }

  /** Also across a barrier, and whichever warp runs. */
  @Test
  void theClockNeverGoesBack() {
    DeviceOptions options = DeviceOptions.defaults().withThreads(1);
    for (long seed = 0; seed < 4; seed++) {
      try (Lab drawn = new Lab(options.withSchedule(Schedule.random(seed)))) {
        int[] out =
            drawn.run(
                96,
                """
                mov.u64 %rd1, %clock64;
                mov.u64 %rd3, %globaltimer;
                bar.sync 0;
                mov.u64 %rd2, %clock64;
                mov.u64 %rd4, %globaltimer;
                setp.gt.u64 %p1, %rd2, %rd1;
                setp.ge.and.u64 %p1, %rd4, %rd3, %p1;
                selp.u32 %r1, 1, 0, %p1;
                st.global.u32 [%mine], %r1;
                """);
        assertThat(out).containsOnly(1);
      }
    }
  }

  @Test
  void waitingForTheClockEnds() {
    int[] out =
        lab.run(
            64,
            """
            mov.u64 %rd1, %clock64;
            WAIT: mov.u64 %rd2, %clock64;
            sub.u64 %rd3, %rd2, %rd1;
            setp.lt.u64 %p1, %rd3, 1000;
            @%p1 bra WAIT;
            st.global.u32 [%mine], %t;
            """);
    assertThat(out[63]).isEqualTo(63);
  }

  /** Where cooperative groups keep the barriers of tiles of several warps. */
  @Test
  void whatTheSystemReservesLiesBehindTheBlocksOwnAndStartsAsZero() {
    int[] out =
        lab.declare(".shared .b8 s[200];")
            .run(
                Launch.of(2, 64),
                """
                st.shared.u8 [s], 0;
                mov.u32 %r1, %reserved_smem_offset_begin;
                mov.u32 %r2, %reserved_smem_offset_end;
                mov.u32 %r3, %reserved_smem_offset_1;
                sub.u32 %r4, %r2, %r1;
                setp.eq.u32 %p1, %r4, 1024;
                setp.ge.and.u32 %p1, %r3, 200, %p1;
                atom.shared.add.u32 %r5, [%r3], 1;
                bar.sync 0;
                ld.shared.u32 %r6, [%r3];
                ld.shared.u32 %r7, [%r2 + -4];
                add.u32 %r6, %r6, %r7;
                selp.u32 %r6, %r6, 0, %p1;
                st.global.u32 [%mine], %r6;
                """,
                128,
                new int[0],
                0);
    assertThat(out).containsOnly(64);
  }
}
