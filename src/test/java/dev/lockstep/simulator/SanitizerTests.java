package dev.lockstep.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.lockstep.device.DeviceFault;
import dev.lockstep.device.DeviceOptions;
import dev.lockstep.device.ExecutionTier;
import dev.lockstep.device.Launch;
import dev.lockstep.device.Schedule;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.FieldSource;

/** Each mistake in a few lines of PTX; and what is nearly the same, and right. */
class SanitizerTests {
  /** %r1 and %r2 are the thread's own word of {@code s} and half word of {@code h}. */
  private static final String SHARED =
      ".shared .align 16 .b32 s[128]; .shared .align 16 .b16 h[64];";

  private static final String OWN =
      "mov.u32 %r1, s; mad.lo.s32 %r1, %t, 4, %r1; mov.u32 %r2, h; mad.lo.s32 %r2, %t, 2, %r2; "
          + ".local .align 8 .b8 l[16];\n";

  @ParameterizedTest(name = "{0}")
  @FieldSource("dev.lockstep.simulator.SanitizerMistake#ALL")
  void mistakesAreFound(SanitizerMistake wrong) {
    for (ExecutionTier tier : ExecutionTier.values()) {
      DeviceOptions options = DeviceOptions.defaults().withTier(tier);
      DeviceFault fault =
          catchThrowableOfType(
              DeviceFault.class, () -> run(options, wrong.threads(), wrong.code()));
      assertThat(fault).isInstanceOf(wrong.fault()).hasMessageContaining(wrong.says());
      assertThat(fault.site().ptxLine()).isEqualTo(Lab.FIRST_LINE + wrong.line());
    }
  }

  @ParameterizedTest
  @EnumSource
  void lanesThatPassedOverAnUnsetValueGoOn(ExecutionTier tier) {
    String code =
        """
        setp.ne.u32 %p1, %t, 9; mov.u32 %r5, 7;
        @%p1 st.local.u32 [l], 5;
        setp.lt.u32 %p2, %t, 8;
        @%p2 bra OVER;
        ld.local.u32 %r5, [l];
        add.u32 %r5, %r5, 1;
        OVER:
        selp.b32 %r5, %r5, 0, %p1;
        st.global.u32 [%mine], %r5;
        """;
    try (Lab lab = new Lab(DeviceOptions.defaults().withSanitize(true).withTier(tier))) {
      int[] expected = IntStream.range(0, 32).map(t -> t < 8 ? 7 : t == 9 ? 0 : 6).toArray();
      assertThat(lab.declare(SHARED).run(32, OWN + code)).isEqualTo(expected);
    }
  }

  @ParameterizedTest(name = "{0}")
  @FieldSource("dev.lockstep.simulator.SanitizerMistake#ALL")
  void nobodyLooksUnlessAsked(SanitizerMistake wrong) {
    try (Lab lab = new Lab(DeviceOptions.defaults()).declare(SHARED)) {
      lab.run(Launch.of(1, wrong.threads()), OWN + wrong.code(), wrong.threads(), new int[64], 0);
    }
  }

  static Stream<DeviceOptions> waysToRun() {
    DeviceOptions options = DeviceOptions.defaults();
    return Stream.of(
        options.withThreads(1),
        options.withThreads(4).withTier(ExecutionTier.COMPILED),
        options.withSchedule(Schedule.random(1)),
        options.withSchedule(Schedule.random(2)));
  }

  @ParameterizedTest(name = "{0}")
  @FieldSource("dev.lockstep.simulator.SanitizerTwin#ALL")
  void whatIsRightIsNotReported(SanitizerTwin right) {
    waysToRun().forEach(options -> run(options, right.threads(), right.code()));
  }

  private static void run(DeviceOptions options, int threads, String code) {
    try (Lab lab = new Lab(options.withSanitize(true)).declare(SHARED)) {
      int[] in = IntStream.range(0, 512).toArray();
      lab.run(Launch.of(2, threads), OWN + code, 2 * threads, in, 0);
    }
  }
}
