package dev.lockstep.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class BarrierTests {
  private final Lab lab = new Lab();

  @AfterEach
  void close() {
    lab.close();
  }

  @Test
  void warpsSeeWhatOthersWroteBeforeTheBarrier() {
    int[] out =
        lab.declare(".shared .b32 s[128];")
            .run(
                128,
                """
                mov.u32 %r1, s;
                mad.lo.s32 %r2, %t, 4, %r1;
                st.shared.u32 [%r2], %t;
                bar.sync 0;
                xor.b32 %r3, %t, 127;
                mad.lo.s32 %r3, %r3, 4, %r1;
                ld.shared.u32 %r4, [%r3];
                st.global.u32 [%mine], %r4;
                """);
    assertThat(out).isEqualTo(IntStream.range(0, 128).map(t -> 127 - t).toArray());
  }

  @Test
  void barriersInALoopKeepWarpsInStep() {
    // Each round every thread adds its left neighbour's value of the round before.
    int[] out =
        lab.declare(".shared .b32 s[96];")
            .run(
                96,
                """
                mov.u32 %r1, s;
                mad.lo.s32 %r2, %t, 4, %r1;
                add.s32 %r3, %t, 95;
                rem.u32 %r3, %r3, 96;
                mad.lo.s32 %r3, %r3, 4, %r1;
                st.shared.u32 [%r2], %t;
                mov.u32 %r5, 0;
                LOOP: bar.sync 0;
                ld.shared.u32 %r6, [%r3];
                ld.shared.u32 %r7, [%r2];
                bar.sync 0;
                add.s32 %r6, %r6, %r7;
                st.shared.u32 [%r2], %r6;
                add.s32 %r5, %r5, 1;
                setp.lt.s32 %p1, %r5, 3;
                @%p1 bra LOOP;
                st.global.u32 [%mine], %r6;
                """);
    int[] values = IntStream.range(0, 96).toArray();
    for (int round = 0; round < 3; round++) {
      int[] before = values.clone();
      Arrays.setAll(values, t -> before[t] + before[(t + 95) % 96]);
    }
    assertThat(out).isEqualTo(values);
  }

  @Test
  void warpsThatEndedAreNotWaitedFor() {
    int[] out =
        lab.run(
            96,
            """
            setp.ge.u32 %p1, %t, 64;
            @%p1 bra END;
            bar.sync 0;
            st.global.u32 [%mine], 1;
            END:
            """);
    assertThat(Arrays.stream(out).filter(v -> v == 1)).hasSize(64);
  }

  @Test
  void threadsThatReturnEarlyByWayOfACommonEndAreNotWaitedFor() {
    // As nvcc -G writes `if (t >= 40) return; __syncthreads();`.
    int[] out =
        lab.run(
            64,
            """
            setp.lt.u32 %p1, %t, 40;
            @%p1 bra ON;
            bra.uni EARLY;
            EARLY: bra.uni END;
            ON: bar.sync 0;
            st.global.u32 [%mine], 7;
            bra.uni END;
            END: ret;
            """);
    assertThat(Arrays.stream(out).filter(v -> v == 7)).hasSize(40);
  }

  @Test
  void namedBarriersJoinAsManyThreadsAsTheySay() {
    // Warps 0 and 1 meet at barrier 3, warp 2 never comes.
    int[] out =
        lab.declare(".shared .b32 s[2];")
            .run(
                96,
                """
                setp.ge.u32 %p1, %t, 64;
                @%p1 bra END;
                shr.u32 %r1, %t, 5;
                mov.u32 %r2, s;
                mad.lo.s32 %r3, %r1, 4, %r2;
                st.shared.u32 [%r3], %r1;
                barrier.sync.aligned 3, 64;
                xor.b32 %r1, %r1, 1;
                mad.lo.s32 %r3, %r1, 4, %r2;
                ld.shared.u32 %r4, [%r3];
                st.global.u32 [%mine], %r4;
                END:
                """);
    assertThat(out[0]).isEqualTo(1);
    assertThat(out[40]).isZero();
    assertThat(out[70]).isEqualTo(Lab.UNTOUCHED);
  }

  @Test
  void arrivingDoesNotWait() {
    int[] out =
        lab.declare(".shared .b32 s;")
            .run(
                64,
                """
                setp.ge.u32 %p1, %t, 32;
                @%p1 bra PRODUCER;
                bar.sync 1, 64;
                ld.shared.u32 %r1, [s];
                st.global.u32 [%mine], %r1;
                bra END;
                PRODUCER: st.shared.u32 [s], 42;
                bar.arrive 1, 64;
                st.global.u32 [%mine], 1;
                END:
                """);
    assertThat(out[0]).isEqualTo(42);
    assertThat(out[63]).isEqualTo(1);
  }

  @Test
  void lanesThatMeetAtTheBarrierLateAreTogether() {
    int[] out =
        lab.run(
            64,
            """
            and.b32 %r1, %t, 1;
            setp.eq.s32 %p1, %r1, 1;
            @%p1 bra ODD;
            bra MEET;
            ODD: mov.u32 %r2, 5;
            MEET: bar.sync 0;
            st.global.u32 [%mine], %t;
            """);
    assertThat(out).isEqualTo(IntStream.range(0, 64).toArray());
  }

  /** Every thread of the block, three warps and a half, sees what all together have. */
  @Test
  void reductionsReachEveryThread() {
    int[] out =
        lab.run(
            112,
            """
            setp.lt.u32 %p1, %t, 70;
            setp.lt.u32 %p2, %t, 112;
            setp.gt.u32 %p3, %t, 111;
            bar.red.popc.u32 %r1, 0, %p1;
            bar.red.and.pred %p4, 0, %p2;
            barrier.cta.red.and.aligned.pred %p5, 0, %p1;
            barrier.red.or.pred %p6, 1, !%p2;
            bar.red.or.pred %p7, 1, 128, %p1;
            barrier.red.popc.u32 %r2, 2, !%p1;
            mul.lo.u32 %r1, %r1, 1000;
            add.u32 %r1, %r1, %r2;
            @%p4 add.u32 %r1, %r1, 1000000;
            @%p5 add.u32 %r1, %r1, 2000000;
            @%p6 add.u32 %r1, %r1, 4000000;
            @%p7 add.u32 %r1, %r1, 8000000;
            st.global.u32 [%mine], %r1;
            """);
    assertThat(out).containsOnly(9_070_042);
  }

  /** Threads that are gone have no vote. */
  @Test
  void reductionsAskOnlyThreadsThatAreLeft() {
    int[] out =
        lab.run(
            96,
            """
            setp.ge.u32 %p1, %t, 50;
            @%p1 ret;
            setp.ge.u32 %p2, %t, 0;
            bar.red.popc.u32 %r1, 0, %p2;
            bar.red.and.pred %p3, 0, %p2;
            @%p3 add.u32 %r1, %r1, 1000;
            st.global.u32 [%mine], %r1;
            """);
    assertThat(Arrays.copyOf(out, 50)).containsOnly(1050);
    assertThat(Arrays.copyOfRange(out, 50, 96)).containsOnly(Lab.UNTOUCHED);
  }

  /** Without .aligned, lanes of a warp come to one barrier in different places. */
  @Test
  void lanesMeetAtABarrierFromTwoPlaces() {
    int[] out =
        lab.declare(".shared .b32 s[64];")
            .run(
                64,
                """
                mov.u32 %r1, s;
                mad.lo.s32 %r2, %t, 4, %r1;
                xor.b32 %r3, %t, 63;
                mad.lo.s32 %r3, %r3, 4, %r1;
                and.b32 %r4, %t, 1;
                setp.eq.u32 %p1, %r4, 0;
                @%p1 bra EVEN;
                add.u32 %r5, %t, 1000;
                st.shared.u32 [%r2], %r5;
                barrier.sync 3;
                ld.shared.u32 %r6, [%r3];
                bra END;
                EVEN:
                add.u32 %r5, %t, 2000;
                st.shared.u32 [%r2], %r5;
                barrier.sync 3;
                ld.shared.u32 %r6, [%r3];
                END: st.global.u32 [%mine], %r6;
                """);
    int[] expected =
        IntStream.range(0, 64).map(t -> (63 - t) + (t % 2 == 0 ? 1000 : 2000)).toArray();
    assertThat(out).isEqualTo(expected);
  }

  /** A reduction from two places counts both, and writes each place's own register. */
  @Test
  void reductionsFromTwoPlacesAreOne() {
    int[] out =
        lab.run(
            64,
            """
            setp.lt.u32 %p1, %t, 40;
            and.b32 %r4, %t, 1;
            setp.eq.u32 %p2, %r4, 0;
            @%p2 bra EVEN;
            barrier.red.popc.u32 %r1, 3, %p1;
            add.u32 %r3, %r1, 1000;
            bra END;
            EVEN: barrier.red.popc.u32 %r2, 3, %p1;
            add.u32 %r3, %r2, 2000;
            END: st.global.u32 [%mine], %r3;
            """);
    int[] expected = IntStream.range(0, 64).map(t -> t % 2 == 0 ? 2040 : 1040).toArray();
    assertThat(out).isEqualTo(expected);
  }

  /** Who exits while others wait at a barrier that is not aligned is not waited for. */
  @Test
  void exitedThreadsAreNotWaitedForAtABarrierThatIsNotAligned() {
    int[] out =
        lab.run(
            64,
            """
            setp.ge.u32 %p1, %t, 20;
            @%p1 bra AFTER;
            barrier.sync 0;
            add.u32 %r1, %t, 100;
            st.global.u32 [%mine], %r1;
            ret;
            AFTER: st.global.u32 [%mine], %t;
            """);
    int[] expected = IntStream.range(0, 64).map(t -> t < 20 ? t + 100 : t).toArray();
    assertThat(out).isEqualTo(expected);
  }

  /** Zero threads means all of them, as the assembler has it. */
  @Test
  void aCountOfTheWholeBlockIsTheSameAsNone() {
    int[] out =
        lab.run(
            64,
            """
            setp.ge.u32 %p1, %t, 32;
            @%p1 bra UPPER;
            bar.sync 1, 64;
            bra END;
            UPPER: bar.sync 1, 0;
            END: st.global.u32 [%mine], %t;
            """);
    assertThat(out).isEqualTo(IntStream.range(0, 64).toArray());
  }

  /** The manual's example: one warp produces, the other consumes, each waits for the other. */
  @Test
  void producerAndConsumer() {
    int[] out =
        lab.declare(".shared .b32 s[32];")
            .run(
                64,
                """
                and.b32 %r1, %t, 31;
                mov.u32 %r2, s;
                mad.lo.u32 %r2, %r1, 4, %r2;
                mov.u32 %r3, 0;
                mov.u32 %r9, 0;
                setp.ge.u32 %p1, %t, 32;
                @%p1 bra CONSUME;
                PRODUCE:
                mad.lo.u32 %r4, %r3, 100, %t;
                st.shared.u32 [%r2], %r4;
                bar.arrive 0, 64;
                bar.sync 1, 64;
                add.u32 %r3, %r3, 1;
                setp.lt.u32 %p2, %r3, 5;
                @%p2 bra PRODUCE;
                bra END;
                CONSUME:
                bar.sync 0, 64;
                ld.shared.u32 %r5, [%r2];
                add.u32 %r9, %r9, %r5;
                bar.arrive 1, 64;
                add.u32 %r3, %r3, 1;
                setp.lt.u32 %p2, %r3, 5;
                @%p2 bra CONSUME;
                st.global.u32 [%mine], %r9;
                END:
                """);
    assertThat(Arrays.copyOfRange(out, 32, 64))
        .isEqualTo(IntStream.range(0, 32).map(t -> 1000 + 5 * t).toArray());
  }
}
