package dev.lockstep.ops;

import dev.lockstep.numeric.DType;
import dev.lockstep.tensor.Shape;
import dev.lockstep.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * How {@link Embedding#backward} divides its workspace. Every part starts at a multiple of 16
 * bytes.
 */
final class RowsByIdWorkspace {
  private static final long WORDS_OF_VECTOR = 4;

  /** What there is of each id and each row: keys and order, twice where digits take turns. */
  private record Parts(long partials, long counts, long rows, int copies, long vocab) {
    static Parts of(long rows, long vocab, long dim) {
      RowsByIdLaunch launch = RowsByIdLaunch.of(rows, vocab);
      return new Parts(
          rows > RowsByIdLaunch.CHUNK ? padded(Math.multiplyExact(launch.chunks(), dim)) : 0,
          launch.blocks() * RowsByIdLaunch.DIGIT_VALUES,
          padded(rows),
          launch.digits() == 1 ? 1 : 2,
          padded(vocab));
    }

    long words() {
      return WORDS_OF_VECTOR + partials + counts + 2 * copies * rows + 2 * vocab;
    }
  }

  private final Tensor words;
  private final Parts parts;
  private final long rows;
  private final long vocab;
  private final long dim;

  RowsByIdWorkspace(Tensor words, long rows, long vocab, long dim) {
    this.words = words;
    this.rows = rows;
    this.vocab = vocab;
    this.dim = dim;
    parts = Parts.of(rows, vocab, dim);
  }

  /** f32 words. */
  static Shape shape(long rows, long vocab, long dim) {
    return Shape.of(Parts.of(rows, vocab, dim).words());
  }

  private static long padded(long words) {
    return Math.ceilDiv(words, WORDS_OF_VECTOR) * WORDS_OF_VECTOR;
  }

  /** Sums of chunks, [chunks, dim]; null where no id can have more than one chunk. */
  @Nullable Tensor partials() {
    long chunks = RowsByIdLaunch.of(rows, vocab).chunks();
    return parts.partials() == 0
        ? null
        : words.slice(WORDS_OF_VECTOR, chunks * dim).reshape(Shape.of(chunks, dim));
  }

  Tensor total() {
    return integers(0, 1);
  }

  Tensor counts() {
    return integers(WORDS_OF_VECTOR + parts.partials(), parts.counts());
  }

  /** The ids after {@code digit}, [rows]. */
  Tensor keys(int digit) {
    return integers(firstRow() + (digit % 2) * 2 * parts.rows(), rows);
  }

  /** The rows those stand in, [rows]. */
  Tensor order(int digit) {
    return integers(firstRow() + ((digit % 2) * 2 + 1) * parts.rows(), rows);
  }

  Tensor starts() {
    return integers(firstId(), vocab);
  }

  Tensor ends() {
    return integers(firstId() + parts.vocab(), vocab);
  }

  private long firstRow() {
    return WORDS_OF_VECTOR + parts.partials() + parts.counts();
  }

  private long firstId() {
    return firstRow() + 2 * parts.copies() * parts.rows();
  }

  private Tensor integers(long from, long count) {
    return words.slice(from, count).reinterpret(DType.I32, Shape.of(count));
  }
}
