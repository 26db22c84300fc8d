package dev.lockstep.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Lanes that part ways compute what they would alone, and meet again where code joins. */
class DivergenceTests {
  private final Lab lab = new Lab();

  @AfterEach
  void close() {
    lab.close();
  }

  @Test
  void bothSidesOfABranchAndTheJoin() {
    int[] out =
        lab.run(
            40,
            """
            and.b32 %r1, %t, 1;
            setp.eq.s32 %p1, %r1, 0;
            @%p1 bra EVEN;
            mul.lo.s32 %r2, %t, 100;
            bra.uni JOIN;
            EVEN: neg.s32 %r2, %t;
            JOIN: activemask.b32 %r3;
            popc.b32 %r3, %r3;
            mad.lo.s32 %r2, %r2, 64, %r3;
            st.global.u32 [%mine], %r2;
            """);
    // The full warp is together again, and so are the eight lanes of the second.
    assertThat(out)
        .isEqualTo(expected(40, t -> (t % 2 == 0 ? -t : 100 * t) * 64 + (t < 32 ? 32 : 8)));
  }

  @Test
  void nestedBranches() {
    int[] out =
        lab.run(
            32,
            """
            mov.u32 %r2, 0;
            setp.lt.s32 %p1, %t, 20;
            @!%p1 bra OUT;
              setp.lt.s32 %p2, %t, 10;
              @!%p2 bra B;
                and.b32 %r1, %t, 1;
                setp.eq.s32 %p3, %r1, 1;
                @%p3 bra ODD;
                add.s32 %r2, %r2, 1;
                ODD: add.s32 %r2, %r2, 10;
                bra C;
              B: add.s32 %r2, %r2, 100;
              C: add.s32 %r2, %r2, 1000;
            OUT: activemask.b32 %r3;
            setp.ne.b32 %p4, %r3, 0xffffffff;
            @%p4 mov.u32 %r2, -1;
            st.global.u32 [%mine], %r2;
            """);
    assertThat(out)
        .isEqualTo(expected(32, t -> t >= 20 ? 0 : t >= 10 ? 1100 : t % 2 == 1 ? 1010 : 1011));
  }

  @Test
  void loopsOfADifferentLengthInEveryLane() {
    int[] out =
        lab.run(
            32,
            """
            mov.u32 %r1, 0;
            mov.u32 %r2, 0;
            LOOP: setp.ge.s32 %p1, %r1, %t;
            @%p1 bra DONE;
            add.s32 %r1, %r1, 1;
            add.s32 %r2, %r2, %r1;
            bra LOOP;
            DONE: activemask.b32 %r3;
            setp.ne.b32 %p2, %r3, 0xffffffff;
            @%p2 mov.u32 %r2, -1;
            st.global.u32 [%mine], %r2;
            """);
    assertThat(out).isEqualTo(expected(32, t -> t * (t + 1) / 2));
  }

  @Test
  void aLoopInALoopWithABreak() {
    int[] out =
        lab.run(
            32,
            """
            mov.u32 %r1, 0;
            mov.u32 %r5, 0;
            OUTER: mov.u32 %r2, 0;
            INNER: add.s32 %r5, %r5, 1;
            add.s32 %r2, %r2, 1;
            setp.gt.s32 %p3, %r5, 50;
            @%p3 bra BREAK;
            setp.le.s32 %p1, %r2, %t;
            @%p1 bra INNER;
            add.s32 %r1, %r1, 1;
            setp.lt.s32 %p2, %r1, 4;
            @%p2 bra OUTER;
            BREAK: st.global.u32 [%mine], %r5;
            """);
    assertThat(out).isEqualTo(expected(32, t -> Math.min(51, 4 * (t + 1))));
  }

  @Test
  void threadsThatReturnEarlyLeaveTheOthersAlone() {
    int[] out =
        lab.run(
            64,
            """
            setp.ge.u32 %p1, %t, 37;
            @%p1 ret;
            bar.sync 0;
            st.global.u32 [%mine], %t;
            """);
    assertThat(out).isEqualTo(expected(64, t -> t < 37 ? t : Lab.UNTOUCHED));
  }

  @Test
  void aGuardedReturnInsideALoop() {
    int[] out =
        lab.run(
            32,
            """
            mov.u32 %r1, 0;
            LOOP: st.global.u32 [%mine], %r1;
            setp.eq.s32 %p1, %r1, %t;
            @%p1 exit;
            add.s32 %r1, %r1, 1;
            bra LOOP;
            """);
    assertThat(out).isEqualTo(expected(32, t -> t));
  }

  @Test
  void aLoopEnteredInTwoPlaces() {
    int[] out =
        lab.run(
            32,
            """
            mov.u32 %r1, 0;
            mov.u32 %r2, 0;
            and.b32 %r3, %t, 1;
            setp.eq.s32 %p1, %r3, 1;
            @%p1 bra SECOND;
            FIRST: add.s32 %r2, %r2, 1;
            SECOND: add.s32 %r2, %r2, 100;
            add.s32 %r1, %r1, 1;
            setp.lt.s32 %p2, %r1, 3;
            @%p2 bra FIRST;
            st.global.u32 [%mine], %r2;
            """);
    assertThat(out).isEqualTo(expected(32, t -> t % 2 == 1 ? 302 : 303));
  }

  @Test
  void predicatedInstructionsTouchOnlyTheirLanes() {
    int[] out =
        lab.run(
            32,
            """
            setp.lt.u32 %p1, %t, 5;
            mov.u32 %r1, 7;
            @%p1 mov.u32 %r1, 8;
            @!%p1 add.s32 %r1, %r1, %t;
            @%p1 st.global.u32 [%mine], %r1;
            @!%p1 st.global.u32 [%mine], %r1;
            """);
    assertThat(out).isEqualTo(expected(32, t -> t < 5 ? 8 : 7 + t));
  }

  private static int[] expected(int threads, IntUnaryOperator f) {
    return IntStream.range(0, threads).map(f).toArray();
  }
}
