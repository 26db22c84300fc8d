package dev.lockstep.simulator.execution;

/**
 * A register of a warp: {@code A} is the array type of its 32 lanes.
 *
 * @param file which register file, one of the constants
 * @param index in the file
 */
public record Slot<A>(int file, int index) {
  /** {@code .f32} registers, {@code float[]}. */
  public static final int FLOATS = 0;

  /** Integer and bit registers up to 32 bits, {@code int[]}; 16-bit ones are zero-extended. */
  public static final int INTS = 1;

  /** 64-bit integer and bit registers, {@code long[]}. */
  public static final int LONGS = 2;

  /** {@code .f64} registers, {@code double[]}. */
  public static final int DOUBLES = 3;
}
