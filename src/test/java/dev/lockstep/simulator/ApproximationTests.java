package dev.lockstep.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.device.Approximation;
import dev.lockstep.device.DeviceOptions;
import dev.lockstep.device.Launch;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every approximate instruction follows the device's option. */
class ApproximationTests {
  private static final int THREADS = 512;

  @ParameterizedTest
  @CsvSource({
    "rcp.approx.f32, 5e-7",
    "rcp.approx.ftz.f32, 5e-7",
    "sqrt.approx.f32, 5e-7",
    "sqrt.approx.ftz.f32, 5e-7",
    "rsqrt.approx.f32, 5e-7",
    "rsqrt.approx.ftz.f32, 5e-7",
    "ex2.approx.f32, 5e-7",
    "ex2.approx.ftz.f32, 5e-7",
    "lg2.approx.f32, 1e-3",
    "lg2.approx.ftz.f32, 1e-3",
    "sin.approx.f32, 1e-3",
    "cos.approx.f32, 1e-3",
    "tanh.approx.f32, 5e-4",
    "div.approx.f32, 5e-7",
    "div.full.ftz.f32, 5e-7"
  })
  void singlesAreOffByALittleAndReproducibly(String instruction, float share) {
    String operands = instruction.startsWith("div") ? "%f2, %f3, %f1" : "%f2, %f1";
    String body =
        """
        cvt.rn.f32.u32 %%f1, %%g;
        fma.rn.f32 %%f1, %%f1, 0f3B03126F, 0f3F040000;
        mov.f32 %%f3, 0f40490FDB;
        %s %s;
        st.global.f32 [%%mine], %%f2;
        """
            .formatted(instruction, operands);
    int[] exact = run(Approximation.EXACT, 1, body);
    int[] perturbed = run(Approximation.perturbed(3), 1, body);
    assertThat(run(Approximation.perturbed(3), 2, body)).isEqualTo(perturbed);
    assertThat(run(Approximation.perturbed(4), 1, body)).isNotEqualTo(perturbed);
    int off = 0;
    for (int i = 0; i < THREADS; i++) {
      float a = Float.intBitsToFloat(exact[i]);
      float b = Float.intBitsToFloat(perturbed[i]);
      assertThat(Math.abs(a - b)).isLessThanOrEqualTo(share * Math.abs(a));
      off += a != b ? 1 : 0;
    }
    assertThat(off).isGreaterThan(THREADS / 5);
  }

  @ParameterizedTest
  @CsvSource({
    "ex2.approx.f16x2",
    "ex2.approx.ftz.bf16x2",
    "tanh.approx.f16x2",
    "tanh.approx.bf16x2"
  })
  void halvesAreOffReproducibly(String instruction) {
    String format = instruction.contains("bf16") ? "bf16" : "f16";
    String body =
        """
        cvt.rn.f32.u32 %%f1, %%g;
        fma.rn.f32 %%f1, %%f1, 0f3B03126F, 0f3E040000;
        cvt.rn.%sx2.f32 %%r1, %%f1, %%f1;
        %s %%r2, %%r1;
        st.global.u32 [%%mine], %%r2;
        """
            .formatted(format, instruction);
    int[] exact = run(Approximation.EXACT, 1, body);
    int[] perturbed = run(Approximation.perturbed(3), 1, body);
    assertThat(run(Approximation.perturbed(3), 2, body)).isEqualTo(perturbed);
    assertThat(run(Approximation.perturbed(4), 1, body)).isNotEqualTo(perturbed);
    int off = 0;
    for (int i = 0; i < THREADS; i++) {
      // The steps are the same in both halves, and few.
      int steps = Math.abs((exact[i] & 0xffff) - (perturbed[i] & 0xffff));
      assertThat(steps).isLessThan(40);
      assertThat(perturbed[i] >>> 16).isEqualTo(perturbed[i] & 0xffff);
      off += steps != 0 ? 1 : 0;
    }
    assertThat(off).isGreaterThan(THREADS / 8);
  }

  private static int[] run(Approximation approximation, int workers, String body) {
    DeviceOptions options =
        DeviceOptions.defaults().withApproximation(approximation).withThreads(workers);
    try (Lab lab = new Lab(options)) {
      return lab.run(Launch.of(THREADS / 32, 32), body, THREADS, new int[0], 0);
    }
  }
}
