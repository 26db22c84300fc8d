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

  @Override
  public String toString() {
    return "(" + x + "," + y + "," + z + ")";
  }
}
