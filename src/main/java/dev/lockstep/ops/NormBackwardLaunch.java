package dev.lockstep.ops;

import dev.lockstep.tensor.Shape;

/**
 * How a norm's backward pass shares out rows: each block owns consecutive ones and sums their share
 * of the gradients of weight and bias into one partial row.
 *
 * @param rowsPerBlock rows a block owns; a function of the row count alone, so the order of every
 *     sum is too
 * @param blocks blocks: rows / rowsPerBlock, rounded up
 */
record NormBackwardLaunch(long rowsPerBlock, long blocks) {
  /** Fewer, and the partial rows cost too much beside what is read. */
  private static final long FEW_ROWS = 4;

  /** Few rows are spread over this many blocks, about one for each multiprocessor. */
  private static final long SPREAD = 128;

  /** Enough for partial rows to cost little beside what is read. */
  private static final long MANY_ROWS = 24;

  /** Enough to fill any GPU; more only makes more partial rows. */
  private static final long MAX_BLOCKS = 512;

  /** The launch for an input of this shape. */
  static NormBackwardLaunch of(Shape x) {
    return of(x.rows());
  }

  /** The launch for so many rows. */
  static NormBackwardLaunch of(long rows) {
    long spread = Math.clamp(Math.ceilDiv(rows, SPREAD), FEW_ROWS, MANY_ROWS);
    long rowsPerBlock = Math.max(spread, Math.ceilDiv(rows, MAX_BLOCKS));
    return new NormBackwardLaunch(rowsPerBlock, Math.ceilDiv(rows, rowsPerBlock));
  }
}
