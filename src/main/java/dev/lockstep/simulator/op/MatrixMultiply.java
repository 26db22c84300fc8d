package dev.lockstep.simulator.op;

import dev.lockstep.numeric.DType;
import dev.lockstep.simulator.execution.Op;
import dev.lockstep.simulator.execution.Warp;
import dev.lockstep.simulator.intrinsic.TensorCore;

/** {@code mma.sync.aligned.m16n8k16} and {@code k8} on 16-bit floats, fp32 accumulators. */
public final class MatrixMultiply extends Op {
  private static final TensorCore CORE = TensorCore.best();

  private final DType input;
  private final int[] d;
  private final int[] a;
  private final int[] b;
  private final int[] c;

  /**
   * @param d four float registers; {@code c} alike
   * @param a four int registers for k16, two for k8
   * @param b two for k16, one for k8
   */
  public MatrixMultiply(DType input, int[] d, int[] a, int[] b, int[] c) {
    this.input = input;
    this.d = d;
    this.a = a;
    this.b = b;
    this.c = c;
  }

  /**
   * Whether it can be done together with others that can: it is of the k16 shape and needs no care
   * about which accumulator is read before which result is written.
   */
  public boolean isFusable() {
    if (a.length != 4) {
      return false;
    }
    for (int i = 0; i < 4; i++) {
      for (int j = 0; j < 4; j++) {
        if (i != j && (d[i] == c[j] || d[i] == d[j])) {
          return false;
        }
      }
    }
    return true;
  }

  /** The type of A and B. */
  public DType input() {
    return input;
  }

  int[] d() {
    return d;
  }

  int[] a() {
    return a;
  }

  int[] b() {
    return b;
  }

  int[] c() {
    return c;
  }

  @Override
  public void execute(Warp w) {
    if (!WholeWarp.gather(w, "mma.sync")) {
      return;
    }
    float[][] f = w.floats;
    int[][] r = w.ints;
    if (a.length == 4) {
      CORE.m16n8k16(
          input,
          f[d[0]],
          f[d[1]],
          f[d[2]],
          f[d[3]],
          r[a[0]],
          r[a[1]],
          r[a[2]],
          r[a[3]],
          r[b[0]],
          r[b[1]],
          f[c[0]],
          f[c[1]],
          f[c[2]],
          f[c[3]],
          w.tensorScratch);
    } else {
      CORE.m16n8k8(
          input,
          f[d[0]],
          f[d[1]],
          f[d[2]],
          f[d[3]],
          r[a[0]],
          r[a[1]],
          r[b[0]],
          f[c[0]],
          f[c[1]],
          f[c[2]],
          f[c[3]],
          w.tensorScratch);
    }
  }
}
