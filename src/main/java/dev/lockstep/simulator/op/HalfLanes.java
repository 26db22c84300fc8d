package dev.lockstep.simulator.op;

import static dev.lockstep.simulator.execution.Warp.LANES;

import dev.lockstep.simulator.intrinsic.HalfFormat;
import dev.lockstep.simulator.intrinsic.HalfPairs;

/**
 * The frequent 16-bit instructions, without modifiers, each its own loop: the format is all that
 * varies, so that the virtual machine can inline its two possibilities.
 */
public final class HalfLanes {
  private HalfLanes() {}

  public static Lanes2.Function<int[], int[], int[]> add(HalfFormat format) {
    return (d, a, b) -> {
      for (int i = 0; i < LANES; i++) {
        d[i] = format.add(a[i], b[i]);
      }
    };
  }

  public static Lanes2.Function<int[], int[], int[]> addPairs(HalfFormat format) {
    return (d, a, b) -> {
      for (int i = 0; i < LANES; i++) {
        int x = a[i];
        int y = b[i];
        d[i] = HalfPairs.pack(format.add(x, y), format.add(x >>> 16, y >>> 16));
      }
    };
  }

  public static Lanes2.Function<int[], int[], int[]> mul(HalfFormat format) {
    return (d, a, b) -> {
      for (int i = 0; i < LANES; i++) {
        d[i] = format.mul(a[i], b[i]);
      }
    };
  }

  public static Lanes2.Function<int[], int[], int[]> mulPairs(HalfFormat format) {
    return (d, a, b) -> {
      for (int i = 0; i < LANES; i++) {
        int x = a[i];
        int y = b[i];
        d[i] = HalfPairs.pack(format.mul(x, y), format.mul(x >>> 16, y >>> 16));
      }
    };
  }

  public static Lanes3.Function<int[], int[], int[], int[]> fma(HalfFormat format) {
    return (d, a, b, c) -> {
      for (int i = 0; i < LANES; i++) {
        d[i] = format.fma(a[i], b[i], c[i]);
      }
    };
  }

  public static Lanes3.Function<int[], int[], int[], int[]> fmaPairs(HalfFormat format) {
    return (d, a, b, c) -> {
      for (int i = 0; i < LANES; i++) {
        int x = a[i];
        int y = b[i];
        int z = c[i];
        d[i] = HalfPairs.pack(format.fma(x, y, z), format.fma(x >>> 16, y >>> 16, z >>> 16));
      }
    };
  }
}
