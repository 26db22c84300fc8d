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
 * Threads that store the same value at the same place of shared memory without a barrier. Who has
 * stored it itself reads nothing else, in whichever order the others come.
 */
class AlikeStoresTests {
  /** %r1 is the own word of s, behind the first four; words of it are zero when the code begins. */
  private static final String PROLOGUE =
      """
      mov.u32 %r1, s;
      mad.lo.s32 %r1, %t, 4, %r1;
      st.shared.u32 [%r1+16], 0;
      setp.eq.u32 %p1, %t, 0;
      setp.lt.u32 %p2, %t, 16;
      bar.sync 0;
      """;

  private enum Right {
    EACH_READS_BEHIND_ITS_OWN("st.shared.u32 [s], 7; ld.shared.u32 %r3, [s];"),
    AGAIN_AND_AGAIN(
        "st.shared.u32 [s], 7; ld.shared.u32 %r3, [s]; st.shared.u32 [s], 7;"
            + " ld.shared.u32 %r3, [s];"),
    AS_A_VECTOR(
        "mov.u32 %r4, 7; mov.u32 %r5, 8; st.shared.v2.u32 [s], {%r4, %r5};"
            + " ld.shared.u32 %r3, [s+4];"),
    SOME_THREADS("@%p2 st.shared.u32 [s], 7; @%p2 ld.shared.u32 %r3, [s];"),
    THE_REST_BEHIND_A_BARRIER(
        "@%p2 st.shared.u32 [s], 7; @%p2 ld.shared.u32 %r3, [s]; bar.sync 0;"
            + " ld.shared.u32 %r3, [s];");

    private final String code;

    Right(String code) {
      this.code = code;
    }
  }

  private enum Wrong {
    A_READER_THAT_STORED_NOTHING("@%p2 st.shared.u32 [s], 7; ld.shared.u32 %r3, [s];"),
    ANOTHER_VALUE("st.shared.u32 [s], 7; ld.shared.u32 %r3, [s]; @%p1 st.shared.u32 [s], 8;"),
    ANOTHER_VALUE_BY_THE_SAME_INSTRUCTION(
        """
        mov.u32 %r4, 7;
        setp.eq.u32 %p1, %t, 63;
        AGAIN: st.shared.u32 [s], %r4;
        setp.eq.u32 %p3, %r4, 8;
        @%p3 bra END;
        mov.u32 %r4, 8;
        @%p1 bra AGAIN;
        END: ld.shared.u32 %r3, [s];
        """),
    VALUES_OF_THEIR_OWN("st.shared.u32 [s], %t; ld.shared.u32 %r3, [s];"),
    A_NEIGHBOUR_OF_WHAT_IT_STORED(
        "st.shared.u32 [%r1+16], 7; ld.shared.u32 %r3, [%r1+20]; ld.shared.u32 %r3, [%r1+12];"),
    WHAT_ANOTHER_STORED("@%p1 st.shared.u32 [s], 7; @!%p1 ld.shared.u32 %r3, [s];");

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
        .map(each -> new Lab(each).declare(".shared .align 16 .b32 s[256];"));
  }

  @ParameterizedTest
  @EnumSource
  void whoStoredTheValueMayReadIt(Right right) {
    for (Lab lab : labs().toList()) {
      try (lab) {
        lab.run(32, PROLOGUE + right.code);
        lab.run(128, PROLOGUE + right.code);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void whatIsReadByChanceIsARace(Wrong wrong) {
    for (Lab lab : labs().toList()) {
      try (lab) {
        assertThat(
                catchThrowableOfType(DeviceFault.class, () -> lab.run(64, PROLOGUE + wrong.code)))
            .isInstanceOf(SharedMemoryRace.class);
      }
    }
  }
}
