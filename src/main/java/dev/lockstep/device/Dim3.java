package dev.lockstep.device;

/** Extents of a grid or a block, or a place in one. */
public record Dim3(int x, int y, int z) {
  /** x by 1 by 1. */
  public Dim3(int x) {
    this(x, 1, 1);
  }

  /** x · y · z. */
  public long count() {
    return (long) x * y * z;
  }

  /** The place of a number from 0 up to but not including {@link #count}; x runs fastest. */
  public Dim3 place(long number) {
    return new Dim3((int) (number % x), (int) (number / x % y), (int) (number / x / y));
  }

  @Override
  public String toString() {
    return "(" + x + "," + y + "," + z + ")";
  }
}
