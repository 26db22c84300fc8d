package dev.lockstep.simulator.random;

/** The registers of one thread, as a program of {@link RandomProgram} declares them. */
final class ThreadState {
  static final int COUNT = 6;
  static final int PREDICATES = 4;

  /** Bytes that hold the registers of one thread in memory, predicates left out. */
  static final int BYTES = COUNT * (4 + 4 + 8 + 8);

  final int[] r = new int[COUNT];
  final float[] f = new float[COUNT];
  final long[] l = new long[COUNT];
  final double[] d = new double[COUNT];
  final boolean[] p = new boolean[PREDICATES];

  /** Sets a single-precision result: a GPU has one NaN. */
  void single(int register, float value) {
    f[register] = Float.isNaN(value) ? Float.intBitsToFloat(0x7fffffff) : value;
  }
}
