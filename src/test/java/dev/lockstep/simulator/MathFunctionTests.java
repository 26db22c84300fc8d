package dev.lockstep.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.device.DeviceBuffer;
import dev.lockstep.device.KernelArgs;
import dev.lockstep.device.KernelImage;
import dev.lockstep.device.KernelModule;
import dev.lockstep.device.Launch;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Objects;
import java.util.Random;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * The math functions nvcc compiles into kernels keep, on the simulator, the bounds CUDA documents
 * for them ("CUDA C++ Programming Guide", mathematical functions: maximum difference from the
 * correctly rounded result, in ulp). They are long stretches of every instruction there is for
 * numbers, special values included, and a mistake in any of them shows.
 */
class MathFunctionTests {
  private static final int COUNT = 8192;

  private final Lab lab = new Lab();

  @AfterEach
  void close() {
    lab.close();
  }

  @Test
  void keepTheirDocumentedBounds() throws IOException {
    try (KernelModule module = lab.device.load(KernelImage.ofPtx("functions", functions()))) {
      check(module, "k_expf", 1, Math::exp);
      check(module, "k_exp2f", 2, v -> Math.pow(2, v));
      check(module, "k_expm1f", 1, Math::expm1);
      check(module, "k_logf", 1, Math::log);
      check(module, "k_log2f", 1, v -> Math.log(v) / Math.log(2));
      check(module, "k_log1pf", 1, Math::log1p);
      check(module, "k_tanhf", 2, Math::tanh);
      check(module, "k_sinf", 2, Math::sin);
      check(module, "k_cosf", 2, Math::cos);
      check(module, "k_cbrtf", 1, Math::cbrt);
      check(module, "k_sqrtf", 0, Math::sqrt);
      check(module, "k_rsqrtf", 2, v -> 1 / Math.sqrt(v));
      check(module, "k_powf", 4, v -> Math.pow(v, 3.125f));
      check(module, "k_fmodf", 0, v -> v % 2.5);
      check(module, "k_divide", 0, v -> v / 3.7f);
    }
  }

  private void check(KernelModule module, String kernel, int ulps, DoubleUnaryOperator exact) {
    float[] inputs = inputs();
    int[] bits = new int[COUNT];
    Arrays.setAll(bits, i -> Float.floatToRawIntBits(inputs[i]));
    try (DeviceBuffer x = lab.ints(bits)) {
      KernelArgs args = new KernelArgs().address(x, 0).int64(COUNT);
      lab.stream.launch(module.kernel(kernel), Launch.of(COUNT / 256, 256), args);
      int[] results = lab.read(x);
      for (int i = 0; i < COUNT; i++) {
        float expected = (float) exact.applyAsDouble(inputs[i]);
        float got = Float.intBitsToFloat(results[i]);
        assertThat(distance(expected, got))
            .as("%s(%s) = %s, expected %s", kernel, inputs[i], got, expected)
            .isLessThanOrEqualTo(ulps);
      }
    }
  }

  /** How many floats lie between two; any NaN equals any other, and nothing else. */
  private static long distance(float a, float b) {
    if (Float.isNaN(a) || Float.isNaN(b)) {
      return Float.isNaN(a) && Float.isNaN(b) ? 0 : Long.MAX_VALUE;
    }
    return Math.abs(ordered(a) - ordered(b));
  }

  private static long ordered(float value) {
    int bits = Float.floatToRawIntBits(value);
    return bits >= 0 ? bits : (long) Integer.MIN_VALUE - bits;
  }

  /** Numbers of every magnitude, those people use, and the special ones. */
  private static float[] inputs() {
    Random random = new Random(5);
    float[] inputs = new float[COUNT];
    for (int i = 0; i < COUNT; i++) {
      inputs[i] =
          switch (i % 4) {
            case 0 -> (float) random.nextGaussian();
            case 1 -> (float) random.nextGaussian() * 50;
            case 2 -> random.nextFloat();
            default -> Float.intBitsToFloat(random.nextInt());
          };
    }
    float[] special = {
      0,
      -0f,
      1,
      -1,
      Float.NaN,
      Float.POSITIVE_INFINITY,
      Float.NEGATIVE_INFINITY,
      Float.MAX_VALUE,
      Float.MIN_NORMAL,
      Float.MIN_VALUE,
      -Float.MIN_VALUE,
      88.72284f,
      88.72283f,
      -103.97208f,
      Math.nextDown(1f)
    };
    System.arraycopy(special, 0, inputs, 0, special.length);
    return inputs;
  }

  private static String functions() throws IOException {
    try (InputStream stream = MathFunctionTests.class.getResourceAsStream("/math/functions.ptx")) {
      byte[] text = Objects.requireNonNull(stream, "/math/functions.ptx").readAllBytes();
      return new String(text, StandardCharsets.UTF_8);
    }
  }
}
