package dev.lockstep.simulator.execution;

/**
 * Registers of 32 lanes: arrays of 32 values, one array per register; a predicate is an int with
 * one bit per lane.
 */
public class LaneRegisters {
  // Read by every op: fields, not methods, so that a cold start has little to compile.
  public final float[][] floats;
  public final int[][] ints;
  public final long[][] longs;
  public final double[][] doubles;
  public final int[] predicates;

  /** The four files above predicates, by {@link Slot#file}. */
  public final Object[][] files;

  /** Registers as given, not copied. */
  public LaneRegisters(
      float[][] floats, int[][] ints, long[][] longs, double[][] doubles, int[] predicates) {
    this.floats = floats;
    this.ints = ints;
    this.longs = longs;
    this.doubles = doubles;
    this.predicates = predicates;
    this.files = new Object[][] {floats, ints, longs, doubles};
  }

  LaneRegisters(RegisterFile file) {
    this(
        new float[file.floats()][Warp.LANES],
        new int[file.ints()][Warp.LANES],
        new long[file.longs()][Warp.LANES],
        new double[file.doubles()][Warp.LANES],
        new int[file.predicates()]);
  }
}
