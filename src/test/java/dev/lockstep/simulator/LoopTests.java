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

  @Test
  void loopsWithoutEndAreStopped() {
    String endless =
        "mov.u32 %r1, 0;\nL: add.s32 %r1, %r1, 2; setp.ne.s32 %p1, %r1, 1; @%p1 bra L;";
    assertThatThrownBy(() -> run(endless, 0)).isInstanceOf(DeviceFault.StepLimit.class);
  }

  private int[] run(String body, int turns) {
    return lab.run(Launch.of(1, LANES), body, TURNS * LANES, new int[0], turns);
  }
}
