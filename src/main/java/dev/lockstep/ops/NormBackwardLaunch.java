package dev.lockstep.ops;

import dev.lockstep.device.Launch;
import dev.lockstep.tensor.Shape;

/**
 * The launch of a norm's backward pass, where each block owns consecutive rows and sums their share
 * of the weight gradient into one partial row.
 *
 * @param rowsPerBlock rows a block owns; a function of the row count alone, so the order of every
 *     sum is too
 * @param blocks blocks in the grid: rows / rowsPerBlock, rounded up
 * @param threads threads of a block, as {@link RowLaunch} chooses them
 */
record NormBackwardLaunch(long rowsPerBlock, long blocks, int threads) {
  /** Fewer, and writing the partial rows costs more than reading the inputs. */
  private static final long MIN_ROWS = 8;

  /** Enough to fill any GPU twice; more only makes more partial rows. */
  private static final long MAX_BLOCKS = 512;

  /** The launch for an input of this shape. */
  static NormBackwardLaunch of(Shape x) {
    long rows = x.rows();
    long rowsPerBlock = Math.max(MIN_ROWS, Math.ceilDiv(rows, MAX_BLOCKS));
    return new NormBackwardLaunch(
        rowsPerBlock, Math.ceilDiv(rows, rowsPerBlock), RowLaunch.threadsFor(x.cols()));
  }

  Launch launch() {
    return Launch.of(blocks, threads);
  }
}
