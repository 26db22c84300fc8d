package dev.lockstep.ops;

import dev.lockstep.numeric.DType;
import dev.lockstep.tensor.Shape;
import dev.lockstep.tensor.Tensor;

/**
 * How a batch is cut into chunks of rows whose logits fit in some memory, with the parts in which
 * the gradient of the weight is summed ({@link WeightParts}): a function of the batch, the weight,
 * their type and the budget, of nothing else. As few chunks as the budget allows, about alike, of
 * whole tiles of a matrix product where one fits.
 *
 * @param rows of the batch, M
 * @param vocabulary columns of the logits, V
 * @param width of x, K; 0 where the gradient of the weight is not to be summed in parts
 * @param dtype of the logits
 * @param chunkRows of each chunk but the last, which may have fewer
 */
public record LogitChunks(long rows, long vocabulary, long width, DType dtype, long chunkRows) {
  /** Rows of the largest tile of a matrix product: fewer would leave part of it without work. */
  private static final long TILE = 128;

  /** Parts lie behind the logits at a boundary of so many bytes. */
  private static final long ALIGNMENT = 16;

  /**
   * Checks what is given.
   *
   * @throws IllegalArgumentException when a number is out of its range
   */
  public LogitChunks {
    if (width < 0) {
      throw new IllegalArgumentException("width %d must not be negative".formatted(width));
    }
    if (rows < 1 || vocabulary < 1 || chunkRows < 1 || chunkRows > rows) {
      throw new IllegalArgumentException(
          "chunks of %d rows out of %d with %d logits each: all must be at least 1, and a chunk no"
                  .formatted(chunkRows, rows, vocabulary)
              + " more than the rows");
    }
  }

  /** Without parts. */
  public LogitChunks(long rows, long vocabulary, DType dtype, long chunkRows) {
    this(rows, vocabulary, 0, dtype, chunkRows);
  }

  /** The chunks under a budget, without parts. */
  public static LogitChunks of(long rows, long vocabulary, DType dtype, long budgetBytes) {
    return of(rows, vocabulary, 0, dtype, budgetBytes);
  }

  /**
   * The chunks under a budget.
   *
   * @param budgetBytes what the logits of a chunk may take, and the parts beside them
   * @throws IllegalArgumentException when not even the logits of one row fit
   */
  public static LogitChunks of(
      long rows, long vocabulary, long width, DType dtype, long budgetBytes) {
    long rowBytes = Tensor.bytes(dtype, Shape.of(vocabulary));
    long fit = Math.max(0, budgetBytes) / rowBytes;
    if (fit == 0) {
      throw new IllegalArgumentException(
          "a memory budget of %d bytes holds no row of logits; one of %d in %s takes %d bytes"
              .formatted(budgetBytes, vocabulary, dtype.suffix(), rowBytes));
    }
    LogitChunks chunks = holding(rows, vocabulary, width, dtype, fit);
    while (chunks.workspaceBytes() > budgetBytes) { // Fewer rows make room for parts, or need none.
      fit = chunks.chunkRows - 1;
      chunks = holding(rows, vocabulary, width, dtype, fit);
    }
    return chunks;
  }

  private static LogitChunks holding(
      long rows, long vocabulary, long width, DType dtype, long fit) {
    if (fit >= rows) {
      return new LogitChunks(rows, vocabulary, width, dtype, rows);
    }
    long most = fit < TILE ? fit : fit / TILE * TILE;
    long alike = Math.ceilDiv(rows, Math.ceilDiv(rows, most));
    long whole = fit < TILE ? alike : Math.ceilDiv(alike, TILE) * TILE;
    return new LogitChunks(rows, vocabulary, width, dtype, whole);
  }

  /** How many chunks there are. */
  public long count() {
    return Math.ceilDiv(rows, chunkRows);
  }

  /**
   * What has to be there while the loss is computed: the logits of one chunk; in one row with them,
   * where there are any, the parts of the weight's gradient.
   */
  public Shape workspaceShape() {
    long parts = partBytes();
    return parts == 0
        ? Shape.of(chunkRows, vocabulary)
        : Shape.of((partsAt() + parts) / dtype.byteSize());
  }

  /** Where in the workspace, in bytes, the parts begin. */
  long partsAt() {
    long logits = Tensor.bytes(dtype, Shape.of(chunkRows, vocabulary));
    return Math.ceilDiv(logits, ALIGNMENT) * ALIGNMENT;
  }

  /**
   * Bytes of the parts of any chunk; 0 where all sums are taken as a whole. The last chunk may take
   * more of them than the others: fewer rows can make more parts.
   */
  long partBytes() {
    long last = rows - (count() - 1) * chunkRows;
    return width == 0 ? 0 : Math.max(partBytes(chunkRows), partBytes(last));
  }

  private long partBytes(long ofRows) {
    return WeightParts.workspaceBytes(dtype, vocabulary, width, ofRows);
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
