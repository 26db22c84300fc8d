package dev.lockstep.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.device.DeviceFault;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WarpOperationTests {
  private final Lab lab = new Lab();

  @AfterEach
  void close() {
    lab.close();
  }

  /**
   * Columns: instruction, clamp operand, then lane read by lanes 0, 5, 13, 31, negative: clamped.
   */
  @ParameterizedTest(name = "{0} {1}, {2}")
  @CsvSource({
    "bfly, 16, 0x1f, 16, 21, 29, 15",
    "bfly, 1, 0x1f, 1, 4, 12, 30",
    "down, 3, 0x1f, 3, 8, 16, -31",
    "up, 3, 0, -0, 2, 10, 28",
    "idx, 7, 0x1f, 7, 7, 7, 7",
    "idx, 9, 0x181f, 1, 1, 9, 25",
    "down, 4, 0x181f, 4, -5, -13, -31",
    "bfly, 8, 0x181f, -0, -5, 5, 23",
    "up, 2, 0x1800, -0, 3, 11, 29"
  })
  void shuffles(
      String mode, int b, String clamp, String at0, String at5, String at13, String at31) {
    // The distance once as a literal, once as a register the compiler cannot see through.
    for (String distance : new String[] {Integer.toString(b), "%r9"}) {
      int[] out =
          lab.run(
              32,
              """
              and.b32 %%r9, %%t, 0;
              add.s32 %%r9, %%r9, %d;
              add.s32 %%r1, %%t, 100;
              shfl.sync.%s.b32 %%r2|%%p1, %%r1, %s, %s, 0xffffffff;
              selp.b32 %%r3, 1000, 0, %%p1;
              add.s32 %%r2, %%r2, %%r3;
              st.global.u32 [%%mine], %%r2;
              """
                  .formatted(b, mode, distance, clamp));
      assertThat(new int[] {out[0], out[5], out[13], out[31]})
          .containsExactly(read(at0), read(at5), read(at13), read(at31));
    }
  }

  /** A lane out of range reads its own value, and its predicate is false. */
  private static int read(String lane) {
    return lane.startsWith("-")
        ? 100 + Integer.parseInt(lane.substring(1))
        : 1100 + Integer.parseInt(lane);
  }

  @Test
  void aShuffleMayOverwriteItsSource() {
    int[] out =
        lab.run(
            32,
            "mov.u32 %r1, %t; shfl.sync.bfly.b32 %r1, %r1, 1, 31, -1; st.global.u32 [%mine], %r1;");
    assertThat(out).isEqualTo(lanes(t -> t ^ 1));
  }

  @Test
  void votes() {
    int[] out =
        lab.run(
            32,
            """
            setp.lt.u32 %p1, %t, 5;
            setp.lt.u32 %p2, %t, 50;
            vote.sync.ballot.b32 %r1, %p1, 0xffffffff;
            vote.sync.any.pred %p3, %p1, 0xffffffff;
            vote.sync.all.pred %p4, %p1, 0xffffffff;
            vote.sync.all.pred %p5, %p2, 0xffffffff;
            vote.sync.uni.pred %p6, !%p2, 0xffffffff;
            selp.b32 %r2, 0x1000, 0, %p3;
            selp.b32 %r3, 0x2000, 0, %p4;
            selp.b32 %r4, 0x4000, 0, %p5;
            selp.b32 %r5, 0x8000, 0, %p6;
            or.b32 %r1, %r1, %r2; or.b32 %r1, %r1, %r3; or.b32 %r1, %r1, %r4; or.b32 %r1, %r1, %r5;
            st.global.u32 [%mine], %r1;
            """);
    assertThat(out).containsOnly(0x1000 | 0x4000 | 0x8000 | 31);
  }

  @Test
  void matches() {
    int[] out =
        lab.run(
            32,
            """
            and.b32 %r1, %t, 3;
            cvt.u64.u32 %rd1, %r1;
            match.any.sync.b32 %r2, %r1, 0xffffffff;
            match.any.sync.b64 %r3, %rd1, 0xffffffff;
            match.all.sync.b32 %r4|%p1, %r1, 0xffffffff;
            match.all.sync.b32 %r5|%p2, 7, 0xffffffff;
            setp.ne.s32 %p3, %r2, %r3;
            @%p3 mov.u32 %r2, 0;
            @%p1 mov.u32 %r2, 1;
            @!%p2 mov.u32 %r2, 2;
            add.s32 %r2, %r2, %r4;
            setp.ne.s32 %p3, %r5, -1;
            @%p3 mov.u32 %r2, 3;
            st.global.u32 [%mine], %r2;
            """);
    assertThat(out).isEqualTo(lanes(t -> 0x11111111 << (t & 3)));
  }

  @ParameterizedTest
  @CsvSource({
    "add.u32, 496",
    "add.s32, 496",
    "max.u32, 31",
    "max.s32, 31",
    "min.u32, 0",
    "and.b32, 0",
    "or.b32, 31",
    "xor.b32, 0"
  })
  void reductions(String operation, int expected) {
    int[] out =
        lab.run(
            32, "redux.sync." + operation + " %r1, %t, 0xffffffff; st.global.u32 [%mine], %r1;");
    assertThat(out).containsOnly(expected);
  }

  @Test
  void tilesOfAWarpWorkForThemselves() {
    int[] out =
        lab.run(
            32,
            """
            and.b32 %r1, %t, 24;
            shl.b32 %r2, 255, %r1;
            redux.sync.add.s32 %r3, %t, %r2;
            setp.gt.u32 %p1, %t, 11;
            vote.sync.ballot.b32 %r4, %p1, %r2;
            popc.b32 %r4, %r4;
            mad.lo.s32 %r3, %r3, 100, %r4;
            st.global.u32 [%mine], %r3;
            """);
    assertThat(out)
        .isEqualTo(
            lanes(
                t -> {
                  int first = t & 24;
                  int sum = 8 * first + 28;
                  int above = (int) IntStream.range(first, first + 8).filter(i -> i > 11).count();
                  return sum * 100 + above;
                }));
  }

  @Test
  void lanesThatDivergedMeetAtTheOperationTheyShare() {
    // Both sides reach the one shuffle, at different times.
    int[] out =
        lab.run(
            32,
            """
            mov.u32 %r2, 0;
            setp.ge.u32 %p1, %t, 16;
            @!%p1 bra MEET;
            LOOP: add.s32 %r2, %r2, 1;
            setp.lt.u32 %p2, %r2, %t;
            @%p2 bra LOOP;
            MEET: shfl.sync.bfly.b32 %r3, %r2, 16, 31, 0xffffffff;
            st.global.u32 [%mine], %r3;
            """);
    assertThat(out).isEqualTo(lanes(t -> t < 16 ? t + 16 : 0));
  }

  @Test
  void lanesThatExitedAreNotWaitedFor() {
    int[] out =
        lab.run(
            32,
            """
            setp.ge.u32 %p1, %t, 8;
            @%p1 bra SLOW;
            redux.sync.add.s32 %r1, %t, 0xffffffff;
            st.global.u32 [%mine], %r1;
            ret;
            SLOW: st.global.u32 [%mine], 5;
            """);
    assertThat(out).isEqualTo(lanes(t -> t < 8 ? 28 : 5));
  }

  @Test
  void anOperationOfOnlySomeLanesNeedsOnlyThose() {
    int[] out =
        lab.run(
            32,
            """
            setp.ge.u32 %p1, %t, 8;
            @%p1 bra END;
            redux.sync.add.s32 %r1, %t, 0xff;
            st.global.u32 [%mine], %r1;
            END:
            """);
    assertThat(out).isEqualTo(lanes(t -> t < 8 ? 28 : Lab.UNTOUCHED));
  }

  @Test
  void aLaneOutsideItsOwnMaskIsAFault() {
    assertThatThrownBy(() -> lab.run(32, "redux.sync.add.s32 %r1, %t, 0xfffffff0;"))
        .isInstanceOf(DeviceFault.BarrierDivergence.class)
        .hasMessageContaining("lane 0 executes an operation whose member mask 0xfffffff0");
  }

  private static int[] lanes(IntUnaryOperator f) {
    return IntStream.range(0, 32).map(f).toArray();
  }

  /** What an absent lane would give is undefined on a GPU; here it is zero, and "not in range". */
  @Test
  void aLaneThatIsNotThereGivesZero() {
    for (String distance : new String[] {"16", "%r9"}) {
      int[] out =
          lab.run(
              32,
              """
              add.u32 %r9, %t, 16;
              sub.u32 %r9, %r9, %t;
              setp.ge.u32 %p1, %t, 20;
              @%p1 ret;
              shfl.sync.down.b32 %r1|%p2, %t, DISTANCE, 31, 0xffffffff;
              @%p2 add.u32 %r1, %r1, 100;
              st.global.u32 [%mine], %r1;
              """
                  .replace("DISTANCE", distance));
      int[] expected =
          IntStream.range(0, 32)
              .map(t -> t < 4 ? t + 116 : t < 16 ? 0 : t < 20 ? t : Lab.UNTOUCHED)
              .toArray();
      assertThat(out).isEqualTo(expected);
    }
  }

  /** Eight lanes sum over what they have, in steps for 32: a common way to end a block's sum. */
  @Test
  void aSumOfSomeLanesMayStepPastThem() {
    int[] out =
        lab.run(
            32,
            """
            setp.ge.u32 %p1, %t, 8;
            @%p1 bra DONE;
            add.u32 %r1, %t, 1;
            shfl.sync.down.b32 %r2, %r1, 16, 31, 0xff; add.u32 %r1, %r1, %r2;
            shfl.sync.down.b32 %r2, %r1, 8, 31, 0xff; add.u32 %r1, %r1, %r2;
            shfl.sync.down.b32 %r2, %r1, 4, 31, 0xff; add.u32 %r1, %r1, %r2;
            shfl.sync.down.b32 %r2, %r1, 2, 31, 0xff; add.u32 %r1, %r1, %r2;
            shfl.sync.down.b32 %r2, %r1, 1, 31, 0xff; add.u32 %r1, %r1, %r2;
            DONE: setp.eq.u32 %p1, %t, 0;
            @%p1 st.global.u32 [%mine], %r1;
            """);
    assertThat(out[0]).isEqualTo(36);
  }

  @Test
  void whatNewerGpusRefuseIsRefused() {
    for (String code :
        new String[] {
          "redux.sync.add.f32 %f1, %f2, -1;",
          "redux.sync.add.u64 %rd1, %rd2, -1;",
          "fence.proxy.async;",
          "fence.mbarrier_init.release.cluster;",
          "barrier.cluster.arrive;",
          "bar.arrive 1;",
          "ldmatrix.sync.aligned.m16n16.x1.trans.shared.b8 {%r1, %r2}, [%r3];",
          "stmatrix.sync.aligned.m16n8.x1.trans.shared.b8 [%r3], {%r1};",
          "cp.async.cg.shared.global [%r1], [%out], 8;",
          "cp.async.mbarrier.arrive.shared.b64 [%r1];",
          "cp.async.bulk.commit_group;"
        }) {
      assertThatThrownBy(() -> lab.run(32, code))
          .as(code)
          .isInstanceOf(DeviceFault.UnsupportedInstruction.class);
    }
  }
}
