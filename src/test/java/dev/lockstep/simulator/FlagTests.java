package dev.lockstep.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.lockstep.device.DeviceFault;
import dev.lockstep.device.DeviceFault.SharedMemoryRace;
import dev.lockstep.device.DeviceOptions;
import dev.lockstep.device.Schedule;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Threads that tell each other something in shared memory without a barrier. Two strong accesses
 * are no data race (PTX ISA, memory consistency model), and volatile is strong; but what is read
 * without waiting for it is uncertain.
 */
class FlagTests {
  /** Words of s are zero when the code begins; %r1 is the own one, %r2 that 64 bytes before. */
  private static final String PROLOGUE =
      """
      mov.u32 %r1, s;
      mad.lo.s32 %r1, %t, 4, %r1;
      sub.s32 %r2, %r1, 64;
      st.shared.u32 [%r1], 0;
      setp.lt.u32 %p1, %t, 16;
      setp.eq.u32 %p2, %t, 0;
      bar.sync 0;
      """;

  /** The lower half of each warp executes the first, the upper half the second. */
  private static String halves(String low, String high) {
    return """
    and.b32 %%r9, %%t, 31;
    setp.lt.u32 %%p1, %%r9, 16;
    @%%p1 bra LOW;
    %s
    bra END;
    LOW: %s
    END:
    """
        .formatted(high, low);
  }

  private static String await(String load) {
    return "WAIT: " + load + " setp.eq.s32 %p3, %r3, 0; @%p3 bra WAIT;";
  }

  private enum Right {
    ONE_FLAG_IN_A_WARP(
        "@%p2 st.volatile.shared.u32 [s], 1;\n" + await("ld.volatile.shared.u32 %r3, [s];")),
    FLAG_BY_LANE(
        halves("st.volatile.shared.u32 [%r1], 1;", await("ld.volatile.shared.u32 %r3, [%r2];"))),
    FLAG_BY_LANE_THE_OTHER_WAY(
        halves(await("ld.volatile.shared.u32 %r3, [%r1];"), "st.volatile.shared.u32 [%r2], 1;")),
    FIRST_LOOK_BEFORE_THE_LOOP(
        halves(
            "st.volatile.shared.u32 [%r1], 1;",
            """
            ld.volatile.shared.u32 %r3, [%r2];
            setp.ne.s32 %p3, %r3, 0;
            @%p3 bra END;
            WAIT: nanosleep.u32 20;
            ld.volatile.shared.u32 %r3, [%r2];
            setp.eq.s32 %p3, %r3, 0;
            @%p3 bra WAIT;
            """)),
    LOOP_LEFT_IN_THE_MIDDLE(
        halves(
            "st.volatile.shared.u32 [%r1], 1;",
            """
            WAIT: ld.volatile.shared.u32 %r3, [%r2];
            setp.ne.s32 %p3, %r3, 0;
            @%p3 bra END;
            bra WAIT;
            """)),
    RELAXED(halves("st.relaxed.cta.shared.u32 [%r1], 1;", "ld.relaxed.cta.shared.u32 %r3, [%r2];")),
    VOLATILE_AND_ATOMIC(
        halves("st.volatile.shared.u32 [%r1], 1;", "atom.shared.add.u32 %r3, [%r2], 1;")),
    DATA_BEHIND_FENCES(
        halves(
            "st.shared.u32 [%r1+256], %t; membar.cta; st.volatile.shared.u32 [%r1], 1;",
            await("ld.volatile.shared.u32 %r3, [%r2];")
                + "membar.cta; ld.shared.u32 %r4, [%r2+256];")),
    DATA_RELEASED(
        halves(
            "st.shared.u32 [%r1+256], %t; st.release.cta.shared.u32 [%r1], 1;",
            await("ld.acquire.cta.shared.u32 %r3, [%r2];") + "ld.shared.u32 %r4, [%r2+256];"));

    private final String code;

    Right(String code) {
      this.code = code;
    }
  }

  private enum Wrong {
    PLAIN_FLAG(halves("st.shared.u32 [%r1], 1;", await("ld.shared.u32 %r3, [%r2];"))),
    FLAG_RAISED_BY_A_PLAIN_STORE(
        halves("st.shared.u32 [%r1], 1;", await("ld.volatile.shared.u32 %r3, [%r2];"))),
    DATA_BEHIND_NO_FENCE(
        halves(
            "st.shared.u32 [%r1+256], %t; st.volatile.shared.u32 [%r1], 1;",
            await("ld.volatile.shared.u32 %r3, [%r2];") + "ld.shared.u32 %r4, [%r2+256];")),
    NOBODY_WAITS(halves("st.volatile.shared.u32 [%r1], 1;", "ld.volatile.shared.u32 %r3, [%r2];")),
    A_LOOP_FOR_SOMETHING_ELSE(
        halves(
            "st.volatile.shared.u32 [%r1], 9;",
            """
            mov.u32 %r4, 0;
            NEXT: add.u32 %r4, %r4, 1;
            ld.volatile.shared.u32 %r3, [%r2];
            setp.lt.u32 %p3, %r4, %r3;
            @%p3 bra NEXT;
            """)),
    A_SEARCH(
        halves(
            "st.volatile.shared.u32 [%r1], 9;",
            """
            mov.u32 %r4, %r2;
            NEXT: ld.volatile.shared.u32 %r3, [%r4];
            add.u32 %r4, %r4, 4;
            setp.ne.s32 %p3, %r3, 0;
            @%p3 bra NEXT;
            """)),
    /** Right before Volta, whose warps need not run in step. */
    SUM_OF_A_WARP_IN_STEP(
        """
        @!%p1 bra END;
        ld.volatile.shared.u32 %r3, [%r1];
        ld.volatile.shared.u32 %r4, [%r1+32];
        add.u32 %r3, %r3, %r4;
        st.volatile.shared.u32 [%r1], %r3;
        ld.volatile.shared.u32 %r4, [%r1+16];
        add.u32 %r3, %r3, %r4;
        st.volatile.shared.u32 [%r1], %r3;
        END:
        """);

    private final String code;

    Wrong(String code) {
      this.code = code;
    }
  }

  private static Stream<Lab> labs() {
    DeviceOptions options = DeviceOptions.defaults().withThreads(1).withSanitize(true);
    return Stream.of(
            options,
            options.withSchedule(Schedule.random(1)),
            options.withSchedule(Schedule.random(2)),
            options.withSchedule(Schedule.random(3)))
        .map(each -> new Lab(each).declare(".shared .align 4 .b32 s[128];"));
  }

  @ParameterizedTest
  @EnumSource
  void flagsAreNoRace(Right right) {
    for (Lab lab : labs().toList()) {
      try (lab) {
        lab.run(32, PROLOGUE + right.code);
        lab.run(64, PROLOGUE + right.code);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void whatIsReadByChanceIsARace(Wrong wrong) {
    for (Lab lab : labs().toList()) {
      try (lab) {
        assertThat(
                catchThrowableOfType(DeviceFault.class, () -> lab.run(32, PROLOGUE + wrong.code)))
            .isInstanceOf(SharedMemoryRace.class);
      }
    }
  }
}
