package dev.lockstep.data;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Host memory for one batch: for every row its input, such as a context, and what is to be
 * predicted, such as the token that follows it.
 *
 * @param inputs {@code int32 [rows, words]} of tokens or {@code f32 [rows, words]}, native
 * @param targets {@code int32 [rows]}, native; {@link #IGNORED} in rows that carry nothing
 */
public record Batch(MemorySegment inputs, MemorySegment targets, int rows, int words) {
  /** The target of a row that counts for nothing (PyTorch's {@code ignore_index}). */
  public static final int IGNORED = -100;

  /** Zeroed memory for a batch, for as long as the arena lives. */
  public static Batch allocate(Arena arena, int rows, int words) {
    return new Batch(
        arena.allocate(ValueLayout.JAVA_INT, (long) rows * words),
        arena.allocate(ValueLayout.JAVA_INT, rows),
        rows,
        words);
  }

  /** Makes row {@code row} the prediction of the byte at {@code at} from those before it. */
  void predict(int row, Corpus corpus, int at) {
    for (int c = 0; c < words; c++) {
      inputs.setAtIndex(ValueLayout.JAVA_INT, (long) row * words + c, corpus.token(at - words + c));
    }
    targets.setAtIndex(ValueLayout.JAVA_INT, row, corpus.token(at));
  }

  /** Makes row {@code row} count for nothing. */
  void ignore(int row) {
    long bytes = (long) words * Integer.BYTES;
    inputs.asSlice(row * bytes, bytes).fill((byte) 0);
    targets.setAtIndex(ValueLayout.JAVA_INT, row, IGNORED);
  }

  /**
   * Refuses a batch of another shape.
   *
   * @throws IllegalArgumentException naming both
   */
  void require(int expectedRows, int expectedWords) {
    if (rows != expectedRows || words != expectedWords) {
      throw new IllegalArgumentException(
          "batch of [%d, %d] where [%d, %d] is expected"
              .formatted(rows, words, expectedRows, expectedWords));
    }
  }
}
