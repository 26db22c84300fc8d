package dev.lockstep.ops;

import dev.lockstep.numeric.DType;
import dev.lockstep.tensor.Shape;
import dev.lockstep.tensor.Tensor;

/**
 * How a batch is cut into chunks of rows whose logits fit in some memory: a function of the batch,
 * the vocabulary, their type and the budget, of nothing else. As few chunks as the budget allows,
 * about alike, of whole tiles of a matrix product where one fits.
 *
 * @param rows of the batch, M
 * @param vocabulary columns of the logits, V
 * @param dtype of the logits
 * @param chunkRows of each chunk but the last, which may have fewer
 */
public record LogitChunks(long rows, long vocabulary, DType dtype, long chunkRows) {
  /** Rows of the largest tile of a matrix product: fewer would leave part of it without work. */
  private static final long TILE = 128;

  public LogitChunks {
    if (rows < 1 || vocabulary < 1 || chunkRows < 1 || chunkRows > rows) {
      throw new IllegalArgumentException(
          "chunks of %d rows out of %d with %d logits each: all must be at least 1, and a chunk no"
                  .formatted(chunkRows, rows, vocabulary)
              + " more than the rows");
    }
  }

  /**
   * The chunks under a budget.
   *
   * @param budgetBytes what the logits of a chunk may take
   * @throws IllegalArgumentException when not even those of one row fit
   */
  public static LogitChunks of(long rows, long vocabulary, DType dtype, long budgetBytes) {
    long rowBytes = Tensor.bytes(dtype, Shape.of(vocabulary));
    long fit = Math.max(0, budgetBytes) / rowBytes;
    if (fit == 0) {
      throw new IllegalArgumentException(
          "a memory budget of %d bytes holds no row of logits; one of %d in %s takes %d bytes"
              .formatted(budgetBytes, vocabulary, dtype.suffix(), rowBytes));
    }
    if (fit >= rows) {
      return new LogitChunks(rows, vocabulary, dtype, rows);
    }
    long most = fit < TILE ? fit : fit / TILE * TILE;
    long alike = Math.ceilDiv(rows, Math.ceilDiv(rows, most));
    long whole = fit < TILE ? alike : Math.ceilDiv(alike, TILE) * TILE;
    return new LogitChunks(rows, vocabulary, dtype, whole);
  }

  /** How many chunks there are. */
  public long count() {
    return Math.ceilDiv(rows, chunkRows);
  }

  /** The logits of one chunk: what has to be there while the loss is computed. */
  public Shape workspaceShape() {
    return Shape.of(chunkRows, vocabulary);
  }

  /** Bytes that takes. */
  public long workspaceBytes() {
    return Tensor.bytes(dtype, workspaceShape());
  }

  /** Rows of the chunk that begins at a row. */
  long rowsFrom(long first) {
    return Math.min(chunkRows, rows - first);
  }
}
