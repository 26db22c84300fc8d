package dev.lockstep.ops;

import dev.lockstep.device.Dim3;
import dev.lockstep.device.Launch;
import dev.lockstep.numeric.DType;

/**
 * The launch of a kernel that treats every element of some rows alike and strides over columns and
 * rows: each thread has a vector of 16 bytes of a row, or of several once the GPU is full.
 *
 * @param width threads of a block along a row, a power of two
 * @param height rows a block works on at a time, a power of two
 * @param across blocks along a row
 * @param down blocks along the rows
 */
record PointwiseLaunch(int width, int height, long across, long down) {
  private static final int THREADS = 256;
  private static final int VECTOR_BYTES = 16;

  /** Blocks that keep any GPU busy. */
  private static final long ENOUGH_BLOCKS = 4096;

  /** What a thread does once there are enough: its own start and end cost less then. */
  private static final long VECTORS_PER_THREAD = 4;

  private static final long MAX_ACROSS = 1 << 20;
  private static final long MAX_DOWN = (1 << 16) - 1;

  /** The launch for rows of {@code cols} elements; {@code n} elements in one piece are one row. */
  static PointwiseLaunch of(long rows, long cols, DType dtype) {
    long vectors = Math.ceilDiv(cols, VECTOR_BYTES / dtype.byteSize());
    int width = powerOfTwo(vectors, THREADS);
    int height = powerOfTwo(rows, THREADS / width);
    long across = Math.ceilDiv(vectors, (long) width);
    long down = Math.ceilDiv(rows, (long) height);
    long spare = Math.ceilDiv(Math.multiplyExact(across, down), ENOUGH_BLOCKS);
    long each = Math.min(spare, VECTORS_PER_THREAD);
    boolean byRows = down >= each;
    return new PointwiseLaunch(
        width,
        height,
        Math.min(byRows ? across : Math.ceilDiv(across, each), MAX_ACROSS),
        Math.min(byRows ? Math.ceilDiv(down, each) : down, MAX_DOWN));
  }

  Launch launch() {
    return new Launch(new Dim3((int) across, (int) down, 1), new Dim3(width, height, 1), 0);
  }

  /** The least power of two that is not below {@code count}, but at most {@code most}. */
  private static int powerOfTwo(long count, int most) {
    return count >= most ? most : Integer.highestOneBit(2 * (int) count - 1);
  }
}
