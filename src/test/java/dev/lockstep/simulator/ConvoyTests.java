package dev.lockstep.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.lockstep.device.DeviceFault;
import dev.lockstep.device.DeviceOptions;
import dev.lockstep.device.ExecutionTier;
import dev.lockstep.device.Launch;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whole blocks that generated code takes from barrier to barrier, as the interpreter does. */
class ConvoyTests {
  private static final int THREADS = 128;

  private static final String OWN_WORD =
      "mov.u32 %r1, s; mad.lo.s32 %r2, %t, 4, %r1; st.shared.u32 [%r2], %t; bar.sync 0;\n";

  private static DeviceOptions options(ExecutionTier tier) {
    return DeviceOptions.defaults().withTier(tier).withStepLimit(20_000);
  }

  /** Adds up the words of all threads in the first. */
  private static String tree() {
    StringBuilder text = new StringBuilder(OWN_WORD);
    for (int k = THREADS / 2; k > 0; k /= 2) {
      text.append(
          """
          setp.ge.u32 %%p1, %%t, %d; @%%p1 bra L%d;
          ld.shared.u32 %%r3, [%%r2]; ld.shared.u32 %%r4, [%%r2+%d];
          add.s32 %%r3, %%r3, %%r4; st.shared.u32 [%%r2], %%r3;
          L%d: bar.sync 0;
          """
              .formatted(k, k, 4 * k, k));
    }
    return text + "ld.shared.u32 %r5, [s]; st.global.u32 [%mine], %r5;";
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aTreeOfBarriersAddsUp(boolean sanitize) {
    int[] out = run(options(ExecutionTier.COMPILED).withSanitize(sanitize), tree());
    assertThat(out).containsOnly(THREADS * (THREADS - 1) / 2);
  }

  @Test
  void warpsTakeTheirTurnsInTheSameOrder() {
    // Each takes a number; the last before the barrier counts most.
    String ticket =
        "atom.shared.add.u32 %r3, [s], 1; mad.lo.s32 %r4, %r4, 1000, %r3; bar.sync 0;\n";
    String body =
        "mov.u32 %r4, 0; @!%p0 st.shared.u32 [s], 0; bar.sync 0;\n"
            + ticket.repeat(3)
            + "st.global.u32 [%mine], %r4;";
    String first = "setp.ne.u32 %p0, %t, 0;\n";
    assertThat(run(options(ExecutionTier.COMPILED), first + body))
        .isEqualTo(run(options(ExecutionTier.INTERPRETED), first + body));
  }

  @Test
  void countersCountWhoWaited() {
    try (CountingLab compiled = new CountingLab(options(ExecutionTier.COMPILED));
        CountingLab interpreted = new CountingLab(options(ExecutionTier.INTERPRETED))) {
      compiled.declare(".shared .b32 s[128];");
      interpreted.declare(".shared .b32 s[128];");
      String body = OWN_WORD + "ld.shared.u32 %r3, [%r2]; bar.sync 0;\n".repeat(3);
      assertThat(CountingLab.body(compiled.count(THREADS, body)))
          .isEqualTo(CountingLab.body(interpreted.count(THREADS, body)));
    }
  }

  @Test
  void aWarpThatFaultsOnTheWayIsNamed() {
    // The third warp's threads load from behind the end.
    assertSameFault(
        DeviceFault.IllegalAddress.class,
        false,
        OWN_WORD
            + "setp.eq.u32 %p1, %t, 70; selp.b32 %r2, 4096, %r2, %p1;\n"
            + "bar.sync 0;\nld.shared.u32 %r3, [%r2];\nbar.sync 0;");
  }

  @Test
  void aLoopOfBarriersWithoutEndIsStopped() {
    assertSameFault(
        DeviceFault.StepLimit.class,
        false,
        OWN_WORD
            + "L: ld.shared.u32 %r3, [%r2];\nbar.sync 0;\n"
            + "add.s32 %r3, %r3, 1;\nst.shared.u32 [%r2], %r3;\nbar.sync 0;\nbra L;");
  }

  @Test
  void othersThatArrivedAtTheBarrierBeforeAreSeen() {
    assertSameFault(
        DeviceFault.BarrierDivergence.class,
        false,
        OWN_WORD
            + "setp.ge.u32 %p1, %t, 32; @%p1 bra L; bar.arrive 1, 64;\n"
            + "L: bar.sync 0;\nld.shared.u32 %r3, [%r2];\nbar.sync 1;");
  }

  @Test
  void racesBetweenBarriersAreFound() {
    assertSameFault(
        DeviceFault.SharedMemoryRace.class,
        true,
        OWN_WORD
            + "ld.shared.u32 %r3, [%r2];\nbar.sync 0;\n"
            + "ld.shared.u32 %r3, [s];\nst.shared.u32 [%r2], %r3;\nbar.sync 0;");
  }

  @Test
  void whatBarriersKeepApartIsNoRace() {
    // Each thread replaces its word by the one that the other half has.
    String body =
        "xor.b32 %r4, %t, 64; mad.lo.s32 %r4, %r4, 4, %r1;\n"
            + OWN_WORD
            + "ld.shared.u32 %r3, [%r4];\nbar.sync 0;\nst.shared.u32 [%r2], %r3;\nbar.sync 0;\n"
            + "ld.shared.u32 %r5, [%r4];\nbar.sync 0;\nst.global.u32 [%mine], %r5;";
    assertThat(run(options(ExecutionTier.COMPILED).withSanitize(true), "mov.u32 %r1, s;\n" + body))
        .isEqualTo(IntStream.range(0, THREADS).toArray());
  }

  @Test
  void valuesNobodyWroteAreFollowedFromBarrierToBarrier() {
    // The second half of the words is read, and used two barriers later.
    assertSameFault(
        DeviceFault.UninitializedRead.class,
        true,
        OWN_WORD
            + "ld.shared.u32 %r3, [%r2+256];\nbar.sync 0;\nadd.s32 %r3, %r3, 1;\nbar.sync 0;\n"
            + "setp.eq.u32 %p1, %r3, 0;\n@%p1 bra L;\nst.global.u32 [%mine], %t;\nL:");
  }

  private static void assertSameFault(
      Class<? extends DeviceFault> type, boolean sanitize, String body) {
    Throwable[] faults =
        Arrays.stream(new ExecutionTier[] {ExecutionTier.COMPILED, ExecutionTier.INTERPRETED})
            .map(tier -> catchThrowable(() -> run(options(tier).withSanitize(sanitize), body)))
            .toArray(Throwable[]::new);
    assertThat(faults[0]).isInstanceOf(type).hasMessage(faults[1].getMessage());
  }

  private static int[] run(DeviceOptions options, String body) {
    try (Lab lab = new Lab(options)) {
      return lab.declare(".shared .b32 s[128]; .shared .b32 more[64];")
          .run(Launch.of(1, THREADS), body, THREADS, new int[0], 0);
    }
  }
}
