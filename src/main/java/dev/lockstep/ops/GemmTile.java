package dev.lockstep.ops;

import dev.lockstep.numeric.DType;

/** The tiles of the result that a block of a matrix product computes, one set of kernels each. */
public enum GemmTile {
  /** Four warps of 32 × 32, for any type. */
  SMALL("", 64, 64, 128, 0),
  /** Four warps of 64 × 64 on tensor cores: half the reads of the operands. */
  LARGE("_128x128", 128, 128, 128, 0),
  /** Eight warps of 64 × 64: three quarters of the reads of the large tile. */
  WIDE("_128x256", 128, 256, 256, 2 * (128 + 256) * 64 * 2);

  /** Narrower results would leave too much of a large tile, or of the GPU, without work. */
  private static final long LARGE_COLUMNS = 512;

  /** A shorter sum is over before the large tile's ring of stages has turned three times. */
  private static final long LARGE_DEPTH = 256;

  /**
   * With this many columns a batch of 2048 rows still has one wide tile for each multiprocessor of
   * the largest GPUs, which holds only one of them.
   */
  private static final long WIDE_COLUMNS = 2048;

  private final String suffix;
  private final int rows;
  private final int cols;
  private final int threads;
  private final int sharedBytes;

  GemmTile(String suffix, int rows, int cols, int threads, int sharedBytes) {
    this.suffix = suffix;
    this.rows = rows;
    this.cols = cols;
    this.threads = threads;
    this.sharedBytes = sharedBytes;
  }

  /**
   * The tile for a result {@code cols} wide whose elements are sums of {@code depth} products. Its
   * rows are not asked, so that a row is computed alone as it is in a batch; no GPU is either.
   */
  public static GemmTile of(DType dtype, MatrixPrecision precision, long cols, long depth) {
    if (cols < LARGE_COLUMNS || depth < LARGE_DEPTH || !LARGE.takes(dtype, precision)) {
      return SMALL;
    }
    return cols < WIDE_COLUMNS || !WIDE.takes(dtype, precision) ? LARGE : WIDE;
  }

  /** The tile for the gradient of a {@code rows} × {@code cols} weight, summed over the batch. */
  public static GemmTile ofWeight(
      DType dtype, MatrixPrecision precision, long rows, long cols, long batch) {
    return of(dtype, precision, Math.min(rows, cols), batch);
  }

  /** What image and entries with this tile have behind the name of those with the small one. */
  String suffix() {
    return suffix;
  }

  /** For example {@code 64x64}. */
  public String label() {
    return rows + "x" + cols;
  }

  /**
   * Whether there are kernels with this tile for a storage type.
   *
   * <p>Small ones are enough for fp32, and for {@link MatrixPrecision#TF32X3}: with three
   * instructions of a tensor core for each product, the operands of a small tile take 21 bytes a
   * cycle from L2 on a multiprocessor of an A100, which has 47 to give, and all instructions
   * besides (3.7 for each of a tensor core, which is busy for eight cycles) less than half of the
   * cycles.
   */
  public boolean takes(DType dtype, MatrixPrecision precision) {
    return dtype != DType.F32
        || this == SMALL
        || this == LARGE && precision == MatrixPrecision.TF32;
  }

  /** Of the result. */
  public int rows() {
    return rows;
  }

  /** Of the result. */
  public int cols() {
    return cols;
  }

  /** Threads of a block. */
  int threads() {
    return threads;
  }

  /** Shared memory of a block beside what its kernels declare. */
  int sharedBytes() {
    return sharedBytes;
  }
}
