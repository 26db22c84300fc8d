package dev.lockstep.simulator.intrinsic;

/** {@code dp4a} and {@code dp2a}: dot products of packed integers, added modulo 2³². */
public final class DotProducts {
  private DotProducts() {}

  /** {@code dp4a}: c plus the four products of the bytes of a and b. */
  public static int four(int a, boolean signedA, int b, boolean signedB, int c) {
    int sum = c;
    for (int i = 0; i < 4; i++) {
      sum += byteOf(a, i, signedA) * byteOf(b, i, signedB);
    }
    return sum;
  }

  /** {@code dp2a}: c plus the products of the halves of a with the two low bytes of b. */
  public static int two(int a, boolean signedA, int b, boolean signedB, int c) {
    int low = signedA ? (short) a : a & 0xffff;
    int high = signedA ? a >> 16 : a >>> 16;
    return c + low * byteOf(b, 0, signedB) + high * byteOf(b, 1, signedB);
  }

  private static int byteOf(int word, int index, boolean signed) {
    int shifted = word >>> (8 * index);
    return signed ? (byte) shifted : shifted & 0xff;
  }
}
