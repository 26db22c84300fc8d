package dev.lockstep.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.device.DeviceFault;
import dev.lockstep.device.DeviceOptions;
import dev.lockstep.device.Launch;
import dev.lockstep.device.Schedule;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Random order of warps and lanes: finds what a kernel owes to the usual order. */
class ScheduleTests {
  private static final int SEEDS = 20;

  /** Each thread reads what the same lane of the warp before it wrote; BARRIER parts the two. */
  private static final String NEIGHBOUR =
      """
      mov.u32 %r1, s;
      mad.lo.u32 %r2, %t, 4, %r1;
      add.u32 %r3, %t, 7;
      st.shared.u32 [%r2], %r3;
      BARRIER
      sub.u32 %r4, %t, 32;
      max.s32 %r4, %r4, 0;
      mad.lo.u32 %r5, %r4, 4, %r1;
      ld.shared.u32 %r6, [%r5];
      st.global.u32 [%mine], %r6;
      """;

  @Test
  void aMissingBarrierShows() {
    int[] correct = IntStream.range(0, 128).map(t -> Math.max(0, t - 32) + 7).toArray();
    assertThat(neighbour(Schedule.IN_ORDER, ""))
        .as("in order it goes unnoticed")
        .isEqualTo(correct);
    int wrong = 0;
    for (int seed = 0; seed < SEEDS; seed++) {
      wrong += Arrays.equals(neighbour(Schedule.random(seed), ""), correct) ? 0 : 1;
      assertThat(neighbour(Schedule.random(seed), "bar.sync 0;")).isEqualTo(correct);
    }
    assertThat(wrong).isGreaterThan(SEEDS / 2);
  }

  /** What the seed decides, it decides for any number of threads. */
  @Test
  void aSeedIsOneOrder() {
    Set<String> orders = new HashSet<>();
    for (int seed = 0; seed < 8; seed++) {
      int[] alone = ticketsOf(seed, 1);
      assertThat(ticketsOf(seed, 4)).isEqualTo(alone);
      orders.add(Arrays.toString(alone));
    }
    assertThat(orders).hasSizeGreaterThan(6);
  }

  /** Both sides of a branch are the first in some order. */
  @Test
  void lanesThatPartedGoInAnyOrder() {
    Set<Integer> first = new HashSet<>();
    for (int seed = 0; seed < SEEDS; seed++) {
      try (Lab lab = random(seed, 1)) {
        int[] out =
            lab.run(
                32,
                """
                setp.lt.u32 %p1, %t, 16;
                @%p1 bra LOW;
                st.volatile.global.u32 [%out], 1;
                bra END;
                LOW: st.volatile.global.u32 [%out], 2;
                END:
                """);
        first.add(out[0]);
      }
    }
    assertThat(first).containsExactlyInAnyOrder(1, 2);
  }

  /** Threads that leave on another way than straight to the end never missed the barrier. */
  @ParameterizedTest
  @ValueSource(longs = {0, 1, 2, 3, 4, 5, 6, 7})
  void correctKernelsComputeTheSame(long seed) {
    try (Lab lab = random(seed, 2)) {
      int[] out =
          lab.declare(".shared .b32 s[96]; .shared .b32 lock;")
              .run(
                  Launch.of(3, 96),
                  """
                  setp.lt.u32 %p1, %t, 70;
                  @%p1 bra STAY;
                  st.global.u32 [%mine], 5;
                  ret;
                  STAY:
                  mov.u32 %r1, s;
                  mad.lo.u32 %r1, %t, 4, %r1;
                  mov.u32 %r3, 0;
                  and.b32 %r4, %t, 7;
                  LOOP:
                  setp.ge.u32 %p2, %r3, %r4;
                  @%p2 bra DONE;
                  add.u32 %r3, %r3, 1;
                  bra LOOP;
                  DONE:
                  st.shared.u32 [%r1], %r3;
                  setp.ne.u32 %p3, %t, 0;
                  @!%p3 st.shared.u32 [lock], 0;
                  bar.sync 0;
                  SPIN:
                  atom.shared.cas.b32 %r5, [lock], 0, 1;
                  setp.ne.u32 %p4, %r5, 0;
                  @%p4 nanosleep.u32 20;
                  @%p4 bra SPIN;
                  ld.volatile.shared.u32 %r6, [s];
                  add.u32 %r6, %r6, 1;
                  st.volatile.shared.u32 [s], %r6;
                  atom.shared.exch.b32 %r5, [lock], 0;
                  bar.sync 0;
                  ld.shared.u32 %r6, [s];
                  shl.b32 %r6, %r6, 8;
                  add.u32 %r6, %r6, %r3;
                  st.global.u32 [%mine], %r6;
                  """,
                  288,
                  new int[0],
                  0);
      int[] expected =
          IntStream.range(0, 288)
              .map(g -> g % 96)
              .map(t -> t < 70 ? (70 << 8) + t % 8 : 5)
              .toArray();
      assertThat(out).isEqualTo(expected);
    }
  }

  /**
   * Four groups of eight lanes sum up at one instruction, each as often as it likes. Lanes of two
   * of them come one by one, those of the others together.
   */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void groupsOfOneWarpMeetEachOnTheirOwn(long seed) {
    try (Lab lab = random(seed, 1)) {
      int[] out =
          lab.run(
              32,
              """
              and.b32 %r1, %t, 3;
              shl.b32 %r2, 0x11111111, %r1;
              mov.b32 %r3, %t;
              mov.b32 %r4, 0;
              ROUND: mov.b32 %r5, 4;
              and.b32 %r6, %r1, 1;
              setp.ne.s32 %p2, %r6, 0;
              STEP: shr.u32 %r6, %t, 1;
              and.b32 %r6, %r6, 14;
              selp.b32 %r6, 3, %r6, %p2;
              WAIT: add.s32 %r6, %r6, -1;
              setp.ge.s32 %p1, %r6, 0;
              @%p1 bra WAIT;
              shfl.sync.bfly.b32 %r7, %r3, %r5, 31, %r2;
              add.s32 %r3, %r3, %r7;
              shl.b32 %r5, %r5, 1;
              setp.lt.s32 %p1, %r5, 32;
              @%p1 bra STEP;
              add.s32 %r4, %r4, 1;
              setp.le.s32 %p1, %r4, %r1;
              @%p1 bra ROUND;
              st.global.u32 [%mine], %r3;
              """);
      assertThat(out)
          .isEqualTo(IntStream.range(0, 32).map(t -> (t % 4 + 14) << 3 * (t % 4 + 1)).toArray());
    }
  }

  /** Each half of a warp waits for the other in a place of its own, a third of it in a loop. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void lanesMeetFromSeveralPlaces(long seed) {
    try (Lab lab = random(seed, 1);
        Lab inOrder = new Lab()) {
      for (Lab each : new Lab[] {lab, inOrder}) {
        int[] out =
            each.declare(".shared .align 4 .b32 s[32];")
                .run(
                    32,
                    """
                    mul.lo.s32 %r1, %t, 4;
                    xor.b32 %r2, %r1, 64;
                    mov.b32 %r4, 0;
                    setp.lt.u32 %p1, %t, 16;
                    @%p1 bra LOW;
                    AGAIN: st.shared.u32 [%r1], %t;
                    bar.warp.sync 0xffffffff;
                    ld.shared.u32 %r3, [%r2];
                    bar.warp.sync 0xffffffff;
                    add.s32 %r4, %r4, 1;
                    setp.lt.s32 %p2, %r4, 2;
                    @%p2 bra AGAIN;
                    bra END;
                    LOW: mul.lo.s32 %r5, %t, 3;
                    st.shared.u32 [%r1], %r5;
                    bar.warp.sync 0xffffffff;
                    ld.shared.u32 %r3, [%r2];
                    bar.warp.sync 0xffffffff;
                    add.s32 %r5, %r5, 1;
                    st.shared.u32 [%r1], %r5;
                    bar.warp.sync -1;
                    ld.shared.u32 %r6, [%r2];
                    add.s32 %r3, %r3, %r6;
                    bar.warp.sync -1;
                    END: st.global.u32 [%mine], %r3;
                    """);
        assertThat(out)
            .isEqualTo(
                IntStream.range(0, 32)
                    .map(t -> t < 16 ? 2 * (t + 16) : 3 * (t - 16) + 1)
                    .toArray());
      }
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void deadlocksAreFoundInEveryOrder(long seed) {
    try (Lab lab = random(seed, 1)) {
      assertThatThrownBy(
              () ->
                  lab.run(
                      64,
                      """
                      setp.ge.u32 %p1, %t, 32;
                      @%p1 bra OTHER;
                      bar.sync 1, 64;
                      bra END;
                      OTHER: bar.sync 2, 64;
                      END:
                      """))
          .isInstanceOf(DeviceFault.Deadlock.class);
    }
  }

  private static int[] neighbour(Schedule schedule, String barrier) {
    DeviceOptions options = DeviceOptions.defaults().withThreads(1).withSchedule(schedule);
    try (Lab lab = new Lab(options)) {
      return lab.declare(".shared .b32 s[128];").run(128, NEIGHBOUR.replace("BARRIER", barrier));
    }
  }

  /**
   * The order in which the lanes of each block's warps take tickets from a counter of the block.
   */
  private static int[] ticketsOf(int seed, int threads) {
    try (Lab lab = random(seed, threads)) {
      return lab.declare(".shared .b32 s;")
          .run(
              Launch.of(6, 256),
              """
              bar.sync 0;
              atom.shared.add.u32 %r1, [s], 1;
              bar.sync 0;
              atom.shared.exch.b32 %r2, [s], 0;
              st.global.u32 [%mine], %r1;
              """,
              6 * 256,
              new int[0],
              0);
    }
  }

  private static Lab random(long seed, int threads) {
    return new Lab(
        DeviceOptions.defaults().withThreads(threads).withSchedule(Schedule.random(seed)));
  }
}
