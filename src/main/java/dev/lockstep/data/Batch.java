package dev.lockstep.data;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Host memory for one batch: for every row a context and the token that follows it.
 *
 * @param ids {@code int32 [rows, context]}, native
 * @param targets {@code int32 [rows]}, native; {@link #IGNORED} in rows that carry nothing
 */
public record Batch(MemorySegment ids, MemorySegment targets, int rows, int context) {
  /** The target of a row that counts for nothing (PyTorch's {@code ignore_index}). */
  public static final int IGNORED = -100;

  /** Zeroed memory for a batch, for as long as the arena lives. */
  public static Batch allocate(Arena arena, int rows, int context) {
    return new Batch(
        arena.allocate(ValueLayout.JAVA_INT, (long) rows * context),
        arena.allocate(ValueLayout.JAVA_INT, rows),
        rows,
        context);
  }

  /** Makes row {@code row} the prediction of the byte at {@code at} from those before it. */
  void predict(int row, Corpus corpus, int at) {
    for (int c = 0; c < context; c++) {
      ids.setAtIndex(
          ValueLayout.JAVA_INT, (long) row * context + c, corpus.token(at - context + c));
    }
    targets.setAtIndex(ValueLayout.JAVA_INT, row, corpus.token(at));
  }

  /** Makes row {@code row} count for nothing. */
  void ignore(int row) {
    for (int c = 0; c < context; c++) {
      ids.setAtIndex(ValueLayout.JAVA_INT, (long) row * context + c, 0);
    }
    targets.setAtIndex(ValueLayout.JAVA_INT, row, IGNORED);
  }
}
