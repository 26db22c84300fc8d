package dev.lockstep.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.device.DeviceFault;
import dev.lockstep.device.DeviceOptions;
import dev.lockstep.device.ExecutionTier;
import dev.lockstep.device.Launch;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Loops of one piece in the second tier, which goes round them without a look at addresses that
 * move on by equal steps.
 */
class LoopTests {
  private static final int LANES = 32;
  private static final int TURNS = 5;

  private final Lab lab =
      new Lab(DeviceOptions.defaults().withTier(ExecutionTier.COMPILED).withStepLimit(100_000));

  @AfterEach
  void close() {
    lab.close();
  }

  /** Stores the turn's number, {@code first} being the address of the first turn. */
  private static String loop(String first, long step) {
    return """
    %s
    mov.u32 %%r1, 0;
    L: st.global.u32 [%%rd1], %%r1; add.s64 %%rd1, %%rd1, %d;
    add.s32 %%r1, %%r1, 1; setp.lt.s32 %%p1, %%r1, %%n; @%%p1 bra L;
    """
        .formatted(first, step);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "mov.b64 %rd1, %mine; | 128 | false",
        "add.s64 %rd1, %mine, 512; | -128 | true",
        // Lanes in no order that can be told from two of them.
        "xor.b32 %r2, %t, 5; mul.wide.u32 %rd1, %r2, 4; add.s64 %rd1, %rd1, %out; | 128 | false"
      })
  void storesFollowTheAddress(String first, long step, boolean backwards) {
    int[] out = run(loop(first, step), TURNS);
    assertThat(out)
        .isEqualTo(
            IntStream.range(0, TURNS * LANES)
                .map(i -> backwards ? TURNS - 1 - i / LANES : i / LANES)
                .toArray());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "mov.b64 %rd1, %mine; | 128 | global store of 4 bytes | 0 bytes past the end",
        "add.s64 %rd1, %mine, 512; | -128 | global store of 4 bytes | 128 bytes before the start",
        "mov.b64 %rd1, %mine; | 136 | global store of 4 bytes | 0 bytes past the end",
        "mov.b64 %rd1, %mine; | 2 | global store of 4 bytes | needs a multiple of 4"
      })
  void aTurnThatLeavesTheMemoryFaults(String first, long step, String access, String where) {
    assertThatThrownBy(() -> run(loop(first, step), TURNS + 1))
        .isInstanceOf(DeviceFault.class)
        .hasMessageContaining(access)
        .hasMessageContaining(where);
  }

  /** What reads the number before the loop has it from a register that the loop does not change. */
  @Test
  void aLoopMayCountOnInTheRegisterThatHeldTheThreadsNumber() {
    String body =
        """
        mov.u32 %r1, %tid.x; shl.b32 %r2, %r1, 1; mov.b64 %rd1, %mine;
        L: add.s32 %r3, %r1, %r2; st.global.u32 [%rd1], %r3; add.s64 %rd1, %rd1, 128;
        add.s32 %r1, %r1, 100; setp.lt.s32 %p1, %r1, 500; @%p1 bra L;
        """;
    assertThat(run(body, TURNS))
        .isEqualTo(
            IntStream.range(0, TURNS * LANES)
                .map(i -> 3 * (i % LANES) + 100 * (i / LANES))
                .toArray());
  }

  /** What such a loop counts in, and an address that it moves on, are read behind it. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "0 | 0 | 1 | lt | 5",
        "64 | 0 | -16 | ne | 0",
        "-7 | 0 | 7 | eq | 0",
        "0 | 0 | -2 | ge | -6",
        // The lanes end in different turns.
        "0 | 1 | 32 | lt | 100",
        "0 | 1 | 8 | le | 40",
        "9 | -1 | -11 | gt | -30",
        "3 | 1 | -1 | eq | 7",
        // Past the largest integer, for some lanes or for all.
        "2147483600 | 1 | 16 | gt | 0",
        "-2147483648 | 0 | -1 | ge | 2147483647"
      })
  void countsAreWhatTheyWouldBeTurnByTurn(
      int first, int more, int step, String comparison, int bound) {
    String body =
        """
        mad.lo.s32 %%r1, %%t, %d, %d; mov.b64 %%rd1, %%mine;
        L: ld.global.u32 %%r3, [%%rd1]; add.s64 %%rd1, %%rd1, 128;
        add.s32 %%r1, %%r1, %d; setp.%s.s32 %%p1, %%r1, %d; @%%p1 bra L;
        st.global.u32 [%%rd1], %%r1;
        """
            .formatted(more, first, step, comparison, bound);
    int[] found = run(body, 8 * LANES, 0);
    for (int lane = 0; lane < LANES; lane++) {
      int count = first + lane * more;
      int turns = 0;
      do {
        count += step;
        turns++;
      } while (holds(comparison, count, bound));
      assertThat(found[turns * LANES + lane]).as("lane %d", lane).isEqualTo(count);
    }
  }

  private static boolean holds(String comparison, int a, int b) {
    return switch (comparison) {
      case "lt" -> a < b;
      case "le" -> a <= b;
      case "gt" -> a > b;
      case "ge" -> a >= b;
      case "eq" -> a == b;
      default -> a != b;
    };
  }

  /** Long after others would have had a turn amid it. */
  @Test
  void aLongLoopCountsOnWhereItWasInterrupted() {
    String body =
        """
        mov.u32 %r1, %t; mov.u32 %r2, 0;
        L: add.s32 %r1, %r1, 3; add.s32 %r2, %r2, 1; setp.lt.s32 %p1, %r2, 50000; @%p1 bra L;
        st.global.u32 [%mine], %r1;
        """;
    try (Lab patient =
        new Lab(DeviceOptions.defaults().withTier(ExecutionTier.COMPILED).withStepLimit(1 << 20))) {
      assertThat(patient.run(Launch.of(1, LANES), body, LANES, new int[0], 0))
          .isEqualTo(IntStream.range(0, LANES).map(i -> i + 150_000).toArray());
    }
  }

  @Test
  void loopsWithoutEndAreStopped() {
    String endless =
        "mov.u32 %r1, 0;\nL: add.s32 %r1, %r1, 2; setp.ne.s32 %p1, %r1, 1; @%p1 bra L;";
    assertThatThrownBy(() -> run(endless, 0)).isInstanceOf(DeviceFault.StepLimit.class);
  }

  private int[] run(String body, int turns) {
    return run(body, TURNS * LANES, turns);
  }

  private int[] run(String body, int words, int turns) {
    return lab.run(Launch.of(1, LANES), body, words, new int[0], turns);
  }
}
