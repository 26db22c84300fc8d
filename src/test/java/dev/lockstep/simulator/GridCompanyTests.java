package dev.lockstep.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.device.DeviceFault;
import dev.lockstep.device.DeviceOptions;
import dev.lockstep.device.Launch;
import dev.lockstep.device.Schedule;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Blocks that wait for each other, which a GPU runs side by side. */
class GridCompanyTests {
  /** Thread 0 of each block waits until all have come; LOOP and DONE are labels. */
  private static final String MEET =
      """
      bar.sync 0;
      setp.ne.u32 %p2, %t, 0;
      @%p2 bra DONE;
      mov.u32 %r5, %nctaid.x;
      sub.u32 %r6, 0x80000001, %r5;
      mov.u32 %r4, %ctaid.x;
      setp.eq.u32 %p3, %r4, 0;
      selp.b32 %r6, %r6, 1, %p3;
      atom.add.release.gpu.u32 %r7, [%rd1+4], %r6;
      LOOP: ld.acquire.gpu.u32 %r8, [%rd1+4];
      xor.b32 %r9, %r7, %r8;
      setp.ge.s32 %p4, %r9, 0;
      @%p4 bra LOOP;
      DONE: bar.sync 0;
      """;

  static List<DeviceOptions> options() {
    DeviceOptions one = DeviceOptions.defaults().withThreads(1);
    return List.of(
        one,
        one.withSanitize(true),
        one.withSchedule(Schedule.random(1)),
        DeviceOptions.defaults().withThreads(2),
        DeviceOptions.defaults().withThreads(3).withSchedule(Schedule.random(2)));
  }

  @ParameterizedTest
  @MethodSource("options")
  void aBlockMayWaitForALaterOne(DeviceOptions options) {
    try (Lab lab = new Lab(options)) {
      int[] out =
          lab.run(
              Launch.of(9, 32),
              """
              mul.wide.u32 %rd1, %g, 4;
              add.s64 %rd1, %in, %rd1;
              WAIT: ld.acquire.gpu.global.u32 %r1, [%rd1+128];
              setp.eq.u32 %p2, %r1, 0;
              @%p2 bra WAIT;
              add.u32 %r1, %r1, 1;
              st.release.gpu.global.u32 [%rd1], %r1;
              st.global.u32 [%mine], %r1;
              """,
              288,
              IntStream.range(0, 320).map(i -> i < 288 ? 0 : i).toArray(),
              0);
      assertThat(out)
          .isEqualTo(IntStream.range(0, 288).map(g -> 288 + g % 32 + 9 - g / 32).toArray());
    }
  }

  /** As kernels without ordered accesses do it, by __ldcg or __ldcv. */
  @ParameterizedTest
  @ValueSource(strings = {"cg", "cv"})
  void aBlockMayLookPastTheCacheForALaterOne(String hint) {
    try (Lab lab = new Lab(DeviceOptions.defaults().withThreads(1).withStepLimit(1_000_000))) {
      int[] out =
          lab.run(
              Launch.of(3, 1),
              """
              mul.wide.u32 %rd1, %g, 4;
              add.s64 %rd1, %in, %rd1;
              WAIT: ld.global.HINT.u32 %r1, [%rd1+4];
              setp.eq.u32 %p2, %r1, 0;
              @%p2 bra WAIT;
              add.u32 %r1, %r1, 1;
              membar.gl;
              st.global.cg.u32 [%rd1], %r1;
              st.global.u32 [%mine], %r1;
              """
                  .replace("HINT", hint),
              3,
              new int[] {0, 0, 0, 7},
              0);
      assertThat(out).containsExactly(10, 9, 8);
    }
  }

  @ParameterizedTest
  @MethodSource("options")
  void allBlocksOfAGridMeetWhereTheDriverLetsThem(DeviceOptions options) {
    String code =
        """
        mov.u32 %r1, %envreg1;
        mov.u32 %r2, %envreg2;
        mov.b64 %rd1, {%r2, %r1};
        st.global.u32 [%mine], %g;
        MEET1
        mul.wide.u32 %rd2, %g, 4;
        sub.s64 %rd2, %out, %rd2;
        ld.global.u32 %r10, [%rd2+1916];
        MEET2
        add.u32 %r10, %r10, 1000;
        st.global.u32 [%mine], %r10;
        """
            .replace("MEET1", MEET.replace("LOOP", "L1").replace("DONE", "D1"))
            .replace("MEET2", MEET.replace("LOOP", "L2").replace("DONE", "D2"));
    try (Lab lab = new Lab(options)) {
      for (int round = 0; round < 2; round++) {
        int[] out = lab.run(Launch.of(10, 48), code, 480, new int[0], 0);
        assertThat(out).isEqualTo(IntStream.range(0, 480).map(g -> 1479 - g).toArray());
      }
    }
  }

  /** Nobody comes, and two look out for each other for ever. */
  @Test
  void waitingForWhatNeverComesEndsAtTheStepLimit() {
    DeviceOptions options = DeviceOptions.defaults().withThreads(1).withStepLimit(50_000);
    for (Schedule schedule : new Schedule[] {Schedule.IN_ORDER, Schedule.random(1)}) {
      try (Lab lab = new Lab(options.withSchedule(schedule))) {
        assertThatThrownBy(
                () ->
                    lab.run(
                        Launch.of(200, 32),
                        """
                        WAIT: ld.acquire.gpu.global.u32 %r1, [%out];
                        nanosleep.u32 10;
                        setp.ne.u32 %p2, %r1, 1;
                        @%p2 bra WAIT;
                        """,
                        1,
                        new int[0],
                        0))
            .isInstanceOf(DeviceFault.StepLimit.class);
      }
    }
  }
}
