package dev.lockstep.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.device.DeviceFault;
import dev.lockstep.device.DeviceOptions;
import dev.lockstep.device.Schedule;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Lanes meet at {@code .sync} operations of one opcode, with the same qualifiers and member mask,
 * wherever in the code each executes one, in any order.
 */
class MeetingTests {
  /** Code in which lanes meet, and what a thread ends with. */
  private enum Met {
    SHUFFLE_IN_TWO_BRANCHES(
        branches(
            """
            add.s32 %r1, %t, 100;
            sub.s32 %r2, 31, %t;
            shfl.sync.idx.b32 %r9, %r1, %r2, 31, -1;
            """,
            """
            mul.lo.s32 %r3, %t, 1000;
            shfl.sync.idx.b32 %r9, %r3, 3, 31, 0xffffffff;
            """),
        t -> t < 16 ? 1000 * (31 - t) : 103),
    SHUFFLE_OVER_ITS_SOURCE(
        branches(
            "mov.b32 %r9, %t; shfl.sync.bfly.b32 %r9, %r9, 16, 31, -1;",
            "add.s32 %r9, %t, 50; shfl.sync.bfly.b32 %r9, %r9, 31, 31, -1;"),
        t -> t < 16 ? t + 66 : 31 - t),
    SHUFFLE_WITH_SEGMENTS_OF_ITS_OWN(
        branches(
            """
            shfl.sync.down.b32 %r9|%p2, %t, 8, 0x1f, -1;
            @%p2 add.s32 %r9, %r9, 100;
            """,
            """
            shfl.sync.down.b32 %r9|%p3, %t, 8, 0x101f, -1;
            @!%p3 add.s32 %r9, %r9, 200;
            """),
        t -> t < 16 ? t + 108 : t < 24 ? t + 8 : t + 200),
    VOTES(
        branches(
            """
            setp.eq.u32 %p2, %t, 5;
            vote.sync.any.pred %p3, %p2, -1;
            vote.sync.all.pred %p4, %p2, -1;
            vote.sync.uni.pred %p5, !%p2, -1;
            selp.b32 %r1, 1, 0, %p3; selp.b32 %r2, 2, 0, %p4; selp.b32 %r3, 4, 0, %p5;
            or.b32 %r9, %r1, %r2; or.b32 %r9, %r9, %r3;
            """,
            """
            setp.ne.u32 %p6, %t, %t;
            vote.sync.any.pred %p6, %p6, -1;
            vote.sync.all.pred %p7, 1, -1;
            vote.sync.uni.pred %p8, 1, -1;
            selp.b32 %r1, 1, 0, %p6; selp.b32 %r2, 2, 0, %p7; selp.b32 %r3, 4, 0, %p8;
            or.b32 %r9, %r1, %r2; or.b32 %r9, %r9, %r3;
            """),
        t -> 1),
    BALLOT(
        branches(
            "setp.lt.u32 %p2, %t, 3; vote.sync.ballot.b32 %r9, %p2, -1;",
            "setp.gt.u32 %p3, %t, 29; vote.sync.ballot.b32 %r9, %p3, -1;"),
        t -> 0xc0000007),
    MATCH(
        branches(
            "and.b32 %r1, %t, 1; match.any.sync.b32 %r9, %r1, -1;",
            "mov.b32 %r2, 1; match.any.sync.b32 %r9, %r2, -1;"),
        t -> t < 16 && t % 2 == 0 ? 0x5555 : 0xffffaaaa),
    MATCH_ALL_OF_64_BITS(
        branches(
            """
            mov.b64 %rd1, 0x500000000;
            match.all.sync.b64 %r9|%p2, %rd1, -1;
            @!%p2 mov.b32 %r9, 7;
            """,
            """
            mov.b64 %rd2, {0, 5};
            match.all.sync.b64 %r9|%p2, %rd2, -1;
            """),
        t -> -1),
    REDUCTION(
        branches(
            "redux.sync.add.s32 %r9, %t, -1;",
            "add.s32 %r1, %t, 100; redux.sync.add.s32 %r9, %r1, -1;"),
        t -> 496 + 1600),
    ELECTION(
        branches(
            "elect.sync %r9|%p2, -1; @%p2 add.s32 %r9, %r9, 100;",
            "elect.sync %r9|%p2, -1; @%p2 add.s32 %r9, %r9, 200;"),
        t -> t == 0 ? 100 : 0),
    LOOP_UNROLLED_FOR_SOME(
        branches(
            """
            mov.b32 %r9, %t;
            mov.b32 %r1, 16;
            HALVE: shfl.sync.bfly.b32 %r2, %r9, %r1, 31, -1;
            add.s32 %r9, %r9, %r2;
            shr.u32 %r1, %r1, 1;
            setp.ne.s32 %p2, %r1, 0;
            @%p2 bra HALVE;
            """,
            """
            shfl.sync.bfly.b32 %r3, %t, 16, 31, -1; add.s32 %r9, %t, %r3;
            shfl.sync.bfly.b32 %r3, %r9, 8, 31, -1; add.s32 %r9, %r9, %r3;
            shfl.sync.bfly.b32 %r3, %r9, 4, 31, -1; add.s32 %r9, %r9, %r3;
            shfl.sync.bfly.b32 %r3, %r9, 2, 31, -1; add.s32 %r9, %r9, %r3;
            shfl.sync.bfly.b32 %r3, %r9, 1, 31, -1; add.s32 %r9, %r9, %r3;
            """),
        t -> 496),
    TILES_ACROSS_THE_BRANCHES(
        branches(
            """
            and.b32 %r1, %t, 3;
            shl.b32 %r1, 0x11111111, %r1;
            redux.sync.max.s32 %r9, %t, %r1;
            """,
            """
            and.b32 %r4, %t, 3;
            shl.b32 %r4, 0x11111111, %r4;
            redux.sync.max.s32 %r9, %t, %r4;
            """),
        t -> t % 4 + 28),
    OTHERS_EXIT_MEANWHILE(
        """
        setp.lt.u32 %p1, %t, 8;
        @%p1 bra FIRST;
        setp.lt.u32 %p1, %t, 12;
        @%p1 bra SECOND;
        ret;
        FIRST: redux.sync.add.s32 %r9, 1, -1;
        bra END;
        SECOND: redux.sync.add.s32 %r9, 100, -1;
        END: st.global.u32 [%mine], %r9;
        """,
        t -> t < 12 ? 408 : Lab.UNTOUCHED),
    A_FUNCTION_AND_THE_KERNEL(
        branches(
            """
            { .param .b32 a; .param .b32 b;
              st.param.b32 [a], %t;
              call (b), swap, (a);
              ld.param.b32 %r9, [b]; }
            """,
            "shfl.sync.bfly.b32 %r9, %t, 31, 31, -1;"),
        t -> 31 - t),
    WHAT_WAS_WRITTEN_BEFORE(
        branches(
            """
            shl.b32 %r1, %t, 2;
            st.shared.b32 [%r1], %t;
            vote.sync.any.pred %p2, 1, -1;
            ld.shared.b32 %r9, [%r1+64];
            """,
            """
            shl.b32 %r2, %t, 2;
            st.shared.b32 [%r2], %t;
            vote.sync.any.pred %p3, 0, -1;
            ld.shared.b32 %r9, [%r2+-64];
            """),
        t -> t ^ 16);

    private final String code;
    private final IntUnaryOperator expected;

    Met(String code, IntUnaryOperator expected) {
      this.code = code;
      this.expected = expected;
    }
  }

  private static final String MODULE =
      ".shared .align 4 .b32 s[32];"
          + " .func (.param .b32 r) swap(.param .b32 v) { .reg .b32 %x; ld.param.b32 %x, [v];"
          + " shfl.sync.bfly.b32 %x, %x, 31, 31, -1; st.param.b32 [r], %x; ret; }";

  /** The lower half of a warp executes one, the upper the other; each thread ends with %r9. */
  private static String branches(String low, String high) {
    return """
    setp.lt.u32 %p1, %t, 16;
    @%p1 bra LOW;
    """
        + high
        + "bra END;\nLOW: "
        + low
        + "END: st.global.u32 [%mine], %r9;\n";
  }

  /** In order, and in orders of chance. */
  private static Stream<Lab> labs() {
    DeviceOptions options = DeviceOptions.defaults().withSanitize(true).withThreads(1);
    return Stream.concat(
            Stream.of(options, options.withSanitize(false)),
            LongStream.rangeClosed(1, 4).mapToObj(s -> options.withSchedule(Schedule.random(s))))
        .map(Lab::new);
  }

  @ParameterizedTest
  @EnumSource
  void lanesMeetInSeveralPlaces(Met met) {
    for (Lab lab : labs().toList()) {
      try (lab) {
        assertThat(lab.declare(MODULE).run(32, met.code))
            .isEqualTo(IntStream.range(0, 32).map(met.expected).toArray());
      }
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "shfl.sync.up.b32 %r9, %t, 1, 0, -1; | shfl.sync.down.b32 %r9, %t, 1, 31, -1;",
        "vote.sync.any.pred %p2, 1, -1; | vote.sync.all.pred %p2, 1, -1;",
        "vote.sync.ballot.b32 %r9, 1, -1; | vote.sync.any.pred %p2, 1, -1;",
        "vote.sync.any.pred %p2, 1, -1; | bar.warp.sync -1;",
        "match.any.sync.b32 %r9, %t, -1; | match.any.sync.b64 %r9, %rd1, -1;",
        "redux.sync.add.s32 %r9, %t, -1; | redux.sync.add.u32 %r9, %t, -1;",
        "bar.warp.sync -1; | bar.warp.sync 0xffff0001;",
        "shfl.sync.bfly.b32 %r9, %t, 1, 31, -1; | shfl.sync.bfly.b32 %r9, %t, 1, 31, 0xfffffff0;"
      })
  void othersNeverMeet(String low, String high) {
    for (Lab lab : labs().toList()) {
      try (lab) {
        assertThatThrownBy(() -> lab.run(32, "mov.b64 %rd1, 0;\n" + branches(low, high)))
            .isInstanceOf(DeviceFault.Deadlock.class)
            .hasMessageContaining("lanes ffff at `" + low)
            .hasMessageContaining("with member mask 0xffffffff")
            .hasMessageContaining("opcode, qualifiers and member mask are the same");
      }
    }
  }

  /** {@code mma}, {@code ldmatrix} and the like: the PTX ISA wants one instruction for all. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "movmatrix.sync.aligned.m8n8.trans.b16 %r9, %t;",
        "ldmatrix.sync.aligned.m8n8.x1.shared.b16 {%r9}, [s];",
        "mma.sync.aligned.m8n8k16.row.col.s32.u8.u8.s32 {%r8,%r9}, {%r1}, {%r2}, {%r3,%r4};"
      })
  void matrixInstructionsNeedOnePlace(String instruction) {
    String sets =
        "shl.b32 %r1, %t, 2; st.shared.b32 [%r1], 0; bar.warp.sync -1;"
            + " mov.b32 %r1, 0; mov.b32 %r2, 0; mov.b32 %r3, 0; mov.b32 %r4, 0;\n";
    for (Lab lab : labs().toList()) {
      try (lab) {
        lab.declare(MODULE);
        assertThatThrownBy(() -> lab.run(32, sets + branches(instruction, instruction)))
            .isInstanceOf(DeviceFault.Deadlock.class)
            .hasMessageContaining("all lanes of a warp must execute the same such instruction");
        lab.run(32, sets + instruction);
      }
    }
  }
}
