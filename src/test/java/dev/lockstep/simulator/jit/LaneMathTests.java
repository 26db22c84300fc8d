package dev.lockstep.simulator.jit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.simulator.execution.Warp;
import dev.lockstep.simulator.intrinsic.FloatOps;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** What generated code computes without branches, held to what Java says with them. */
class LaneMathTests {
  private static final int[] ENDS = {
    0, 1, 2, -1, -2, Integer.MAX_VALUE, Integer.MAX_VALUE - 1, Integer.MIN_VALUE, 1 << 30, 3 << 30
  };

  @Test
  void comparisonsAreThoseOfNumbers() {
    for (int a : ENDS) {
      for (int b : ENDS) {
        String what = a + ", " + b;
        assertThat(LaneMath.differ(a, b)).as(what).isEqualTo(a != b ? 1 : 0);
        assertThat(LaneMath.isLess(a, b)).as(what).isEqualTo(a < b ? 1 : 0);
        assertThat(LaneMath.isBelow(a, b))
            .as(what)
            .isEqualTo(Integer.compareUnsigned(a, b) < 0 ? 1 : 0);
      }
    }
  }

  @Test
  void settlingChangesNansAlone() {
    int[] kinds = {0x7f800000, 0xff800000, 1, 1 << 31, 0xffc00000, 0x7f7fffff, 0xff7fffff};
    for (int lane = 0; lane < Warp.LANES; lane++) {
      for (int bits : kinds) {
        int[] register = new int[Warp.LANES];
        Arrays.fill(register, 0x3f800000);
        register[lane] = bits;
        int[] expected = register.clone();
        expected[lane] = bits == 0xffc00000 ? Float.floatToRawIntBits(FloatOps.NAN) : bits;
        float[] floats = new float[Warp.LANES];
        for (int i = 0; i < Warp.LANES; i++) {
          floats[i] = Float.intBitsToFloat(register[i]);
        }
        LaneMath.settle(register);
        LaneMath.settle(floats);
        assertThat(register).isEqualTo(expected);
        for (int i = 0; i < Warp.LANES; i++) {
          assertThat(Float.floatToRawIntBits(floats[i])).isEqualTo(expected[i]);
        }
      }
    }
  }
}
