package dev.lockstep.simulator.op;

import static dev.lockstep.simulator.execution.Warp.LANES;

import dev.lockstep.simulator.intrinsic.BitOps;
import dev.lockstep.simulator.intrinsic.IntegerOps;

/** Instructions on bits that compilers use often, with what is literal taken out of the loop. */
public final class BitLanes {
  private BitLanes() {}

  /** {@code lop3.b32}: for each of the table's eight rows, all ones or nothing. */
  public static Lanes3.Function<int[], int[], int[], int[]> logic3(int table) {
    int m0 = row(table, 0);
    int m1 = row(table, 1);
    int m2 = row(table, 2);
    int m3 = row(table, 3);
    int m4 = row(table, 4);
    int m5 = row(table, 5);
    int m6 = row(table, 6);
    int m7 = row(table, 7);
    return (d, a, b, c) -> {
      for (int i = 0; i < LANES; i++) {
        int x = a[i];
        int y = b[i];
        int z = c[i];
        int whenX = (y & ((z & m7) | (~z & m6))) | (~y & ((z & m5) | (~z & m4)));
        int whenNot = (y & ((z & m3) | (~z & m2))) | (~y & ((z & m1) | (~z & m0)));
        d[i] = (x & whenX) | (~x & whenNot);
      }
    };
  }

  private static int row(int table, int n) {
    return -(table >>> n & 1);
  }

  /** {@code prmt.b32} without mode. */
  public static void permute(int[] d, int[] a, int[] b, int[] c) {
    for (int i = 0; i < LANES; i++) {
      d[i] = BitOps.permute(a[i], b[i], c[i]);
    }
  }

  public static void funnelLeftWrap(int[] d, int[] a, int[] b, int[] c) {
    for (int i = 0; i < LANES; i++) {
      d[i] = IntegerOps.funnelLeft(a[i], b[i], c[i], false);
    }
  }

  public static void funnelRightWrap(int[] d, int[] a, int[] b, int[] c) {
    for (int i = 0; i < LANES; i++) {
      d[i] = IntegerOps.funnelRight(a[i], b[i], c[i], false);
    }
  }
}
