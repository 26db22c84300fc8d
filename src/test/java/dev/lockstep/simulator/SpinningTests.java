package dev.lockstep.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.device.DeviceOptions;
import dev.lockstep.device.Launch;
import dev.lockstep.device.Schedule;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Lanes that wait for others of their warp let them go on soon; lanes that work stay together. */
class SpinningTests {
  /** Instructions a warp may execute: a turn of a warp has 65,536. */
  private static final long FEW = 20_000;

  private static final DeviceOptions OPTIONS =
      DeviceOptions.defaults().withThreads(1).withSanitize(true);

  private static final List<DeviceOptions> ORDERS =
      List.of(
          OPTIONS,
          OPTIONS.withSanitize(false),
          OPTIONS.withSchedule(Schedule.random(1)),
          OPTIONS.withSchedule(Schedule.random(2)));

  /** All threads of a block take one lock, a lane at a time, and count. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "atom.shared.cas.b32 %r1, [lock], 0, 1; | atom.shared.exch.b32 %r3, [lock], 0;",
        "atom.shared.exch.b32 %r1, [lock], 1; | st.volatile.shared.b32 [lock], 0;",
        "atom.acquire.cta.shared.or.b32 %r1, [lock], 1; | st.release.cta.shared.b32 [lock], 0;",
        "atom.shared.cas.b64 %rd1, [wide], 0, 1; cvt.u32.u64 %r1, %rd1; |"
            + " atom.shared.exch.b64 %rd1, [wide], 0;",
        "atom.shared.cas.b16 %h1, [lock], 0, 1; cvt.u32.u16 %r1, %h1; |"
            + " atom.shared.exch.b32 %r3, [lock], 0;"
      })
  void aLockGoesFromLaneToLane(String take, String give) {
    String code =
        """
        setp.eq.u32 %%p1, %%t, 0;
        @%%p1 st.shared.b32 [lock], 0;
        @%%p1 st.shared.b64 [wide], 0;
        @%%p1 st.shared.b32 [count], 0;
        mov.b16 %%h1, 0;
        bar.sync 0;
        SPIN: %s
        setp.ne.s32 %%p1, %%r1, 0;
        @%%p1 bra SPIN;
        membar.cta;
        ld.volatile.shared.u32 %%r2, [count];
        add.s32 %%r2, %%r2, 1;
        st.volatile.shared.u32 [count], %%r2;
        membar.cta;
        %s
        bar.sync 0;
        ld.shared.u32 %%r4, [count];
        st.global.u32 [%%mine], %%r4;
        """
            .formatted(take, give);
    for (DeviceOptions order : ORDERS) {
      try (Lab lab = new Lab(order.withStepLimit(FEW))) {
        lab.declare(".shared .b64 wide; .shared .b32 lock; .shared .b32 count;");
        int[] out = lab.run(Launch.of(1, 128), code, 128, new int[0], 0);
        assertThat(out).containsOnly(128);
      }
    }
  }

  /** One lane says when the others may go on, which look for it before it comes to say so. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "ld.volatile.shared.u32 %r1, [lock];",
        "ld.acquire.cta.shared.u32 %r1, [lock];",
        "atom.shared.add.u32 %r1, [lock], 0;"
      })
  void aFlagIsSeen(String look) {
    String code =
        """
        setp.eq.u32 %p1, %t, 7;
        @%p1 st.shared.b32 [lock], 0;
        bar.warp.sync -1;
        @%p1 bra SAY;
        SPIN: LOOK
        setp.eq.s32 %p2, %r1, 0;
        @%p2 bra SPIN;
        bra END;
        SAY: membar.cta;
        st.volatile.shared.b32 [lock], 5;
        END: st.global.u32 [%mine], 1;
        """
            .replace("LOOK", look);
    for (DeviceOptions order : ORDERS) {
      try (Lab lab = new Lab(order.withStepLimit(FEW)).declare(".shared .b32 lock;")) {
        assertThat(lab.run(32, code)).containsOnly(1);
      }
    }
  }

  /** Half of a warp does much by atomics or volatile memory: the others wait where both join. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "atom.shared.add.u32 %r1, [count], 1;",
        "ld.volatile.shared.u32 %r1, [%r3]; st.volatile.shared.u32 [%r3], %r2;",
        "atom.shared.cas.b32 %r1, [count], %r2, %r4;"
      })
  void lanesThatWorkAreNotPartedFromOthers(String work) {
    try (Lab lab = new Lab(OPTIONS).declare(".shared .b32 count; .shared .b32 own[32];")) {
      int[] out =
          lab.run(
              32,
              """
              mov.b32 %r3, own; mad.lo.u32 %r3, %t, 4, %r3;
              st.shared.b32 [%r3], 0;
              setp.eq.u32 %p1, %t, 0;
              @%p1 st.shared.b32 [count], 0;
              bar.warp.sync -1;
              mov.b32 %r2, 0;
              setp.lt.u32 %p1, %t, 16;
              @!%p1 bra JOIN;
              AGAIN: add.s32 %r4, %r2, 1;
              WORK
              mov.b32 %r2, %r4;
              setp.lt.u32 %p2, %r2, 500;
              @%p2 bra AGAIN;
              JOIN: activemask.b32 %r5;
              st.global.u32 [%mine], %r5;
              """
                  .replace("WORK", work));
      assertThat(out).containsOnly(-1);
    }
  }
}
