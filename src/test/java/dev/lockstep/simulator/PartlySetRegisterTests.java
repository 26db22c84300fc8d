package dev.lockstep.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.device.DeviceFault;
import dev.lockstep.device.DeviceOptions;
import dev.lockstep.device.ExecutionTier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Registers that some lanes of a warp set: {@code int v; if (lane == 0) v = …; v = __shfl_sync(…)},
 * and what Triton makes of a reduction over few warps.
 */
class PartlySetRegisterTests {
  private static final String FIRST_FOUR =
      "setp.lt.s32 %p1, %t, 4; setp.eq.s32 %p2, %t, 0;\n@%p1 add.s32 %r1, %t, 1;\n";

  private final Lab lab = new Lab();

  @AfterEach
  void close() {
    lab.close();
  }

  @Test
  void aWarpHearsFromTheLaneThatKnows() {
    String body =
        FIRST_FOUR
            + "@!%p2 bra far; mov.u32 %r3, 7; near: shfl.sync.idx.b32 %r4, %r3, 0, 31, -1;"
            + " st.global.u32 [%mine], %r4; ret; far: bra near;";
    assertThat(lab.run(32, body)).containsOnly(7).hasSize(32);
  }

  @Test
  void lanesThatSetNothingLetTheSumLie() {
    String sum =
        FIRST_FOUR
            + "shfl.sync.bfly.b32 %r2, %r1, 2, 31, -1; add.s32 %r3, %r1, %r2;"
            + " shfl.sync.bfly.b32 %r4, %r3, 1, 31, -1; add.s32 %r5, %r3, %r4;\n";
    assertThat(lab.run(32, sum + "@%p2 st.global.u32 [%mine], %r5;")).startsWith(10);
    assertThat(lab.run(32, sum + "@%p1 st.global.u32 [%mine], %r5;")).startsWith(10, 10, 10, 10);
    assertThatThrownBy(() -> lab.run(32, sum + "st.global.u32 [%mine], %r5;"))
        .isInstanceOf(DeviceFault.UninitializedRead.class)
        .hasMessageContaining("register %r5, made from %r1, which the thread has never set")
        .hasMessageContaining("thread (4,0,0)");
  }

  /** What lanes 4 to 31 do with a value they do not have. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      value = {
        "add.s32 %r2, %r1, 1; setp.eq.s32 %p3, %r2, 9; @%p3 bra out; ~ %p3",
        "setp.eq.s32 %p3, %r1, 9; @%p3 mov.u32 %r2, 1; ~ %p3",
        "setp.eq.s32 %p3, %r1, 9; selp.u32 %r2, 1, 2, %p3; st.global.u32 [%mine], %r2; ~ %r2",
        "mul.wide.u32 %rd1, %r1, 4; add.s64 %rd1, %rd1, %in; ld.global.u32 %r2, [%rd1]; ~ %rd1",
        "red.global.add.u32 [%mine], %r1; ~ %r1",
        "match.all.sync.b32 %r2|%p3, %r1, -1; selp.u32 %r2, 1, 2, %p3; st.global.u32 [%mine], %r2;"
            + " ~ %r2",
        // Lane 0 asks lane 5.
        "shfl.sync.idx.b32 %r2, %r1, 5, 31, -1; @%p2 st.global.u32 [%mine], %r2; ~ %r2"
      })
  void usesAreFound(String use, String register) {
    assertThatThrownBy(() -> lab.run(32, FIRST_FOUR + use + "\nout:"))
        .isInstanceOf(DeviceFault.UninitializedRead.class)
        .hasMessageContaining("register " + register + ", ");
  }

  /** Generated code is left in the middle: what was behind is not counted before it is executed. */
  @ParameterizedTest
  @EnumSource(ExecutionTier.class)
  void theClockGoesOnWhenValuesAreFollowed(ExecutionTier tier) {
    String body =
        ".shared .b8 mem[256]; mov.u32 %r6, mem; mad.lo.u32 %r6, %t, 4, %r6;"
            + " st.shared.u32 [%r6], %t; mov.u32 %r1, 0;"
            + " again: add.u32 %r1, %r1, 1; setp.eq.u32 %p1, %r1, 7;"
            + " selp.u32 %r2, 128, 0, %p1; add.u32 %r2, %r2, %r6; ld.shared.u32 %r3, [%r2];"
            + " add.u32 %r4, %r3, %t; xor.b32 %r4, %r4, 5; shl.b32 %r4, %r4, 1;"
            + " setp.lt.u32 %p2, %r1, 9; @%p2 bra again;"
            + " mov.u32 %r5, %clock; nanosleep.u32 1; st.global.u32 [%mine], %r5;";
    try (Lab plain = new Lab(DeviceOptions.defaults().withTier(tier));
        Lab watched = new Lab(DeviceOptions.defaults().withTier(tier).withSanitize(true))) {
      assertThat(watched.run(32, body)).isEqualTo(plain.run(32, body));
    }
  }

  @Test
  void aRegisterNobodySetsIsFoundAtOnce() {
    assertThatThrownBy(() -> lab.run(32, "add.s32 %r2, %r1, 1;"))
        .isInstanceOf(DeviceFault.UninitializedRead.class)
        .hasMessageContaining("register %r1, which the thread has never set");
  }
}
