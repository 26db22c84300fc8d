package dev.lockstep.ops;

import dev.lockstep.device.Stream;
import dev.lockstep.numeric.DType;
import dev.lockstep.tensor.HostTensor;
import dev.lockstep.tensor.Shape;
import dev.lockstep.tensor.Tensor;
import java.lang.foreign.ValueLayout;

/**
 * Eight bytes on the device in which a kernel reports an index it cannot use: the lowest row that
 * has one, and the index. Kernels go on (the row becomes NaN) and nothing waits; {@link #check}
 * says what happened. Give each place in a program that can fail its own word.
 */
public final class StatusWord {
  /** The storage a status word needs. */
  public static final DType DTYPE = DType.I32;

  /** The storage a status word needs. */
  public static final Shape SHAPE = Shape.of(2);

  /** Nothing to report. Every report is smaller, the lowest row the smallest. */
  private static final long CLEAR = -1;

  private final Tensor word;
  private String user = "no kernel yet";
  private long limit;

  /** A word in the caller's memory; {@link #reset} it before its first use. */
  public StatusWord(Tensor word) {
    if (word.dtype() != DTYPE || word.count() != SHAPE.count()) {
      throw new IllegalArgumentException(
          "a status word lives in %s%s, not in %s".formatted(DTYPE.suffix(), SHAPE, word));
    }
    this.word = word;
  }

  /** Queues clearing the word. */
  public void reset(Stream stream) {
    stream.fill(word.buffer(), word.byteOffset(), word.bytes(), (byte) CLEAR);
  }

  /**
   * Waits for the stream and looks.
   *
   * @throws BadIndexException when a kernel reported one since the last {@link #reset}
   */
  public void check(Stream stream) {
    long value;
    try (HostTensor host = new HostTensor(DTYPE, SHAPE)) {
      word.copyTo(stream, host);
      stream.synchronize();
      value = host.segment().get(ValueLayout.JAVA_LONG, 0);
    }
    if (value != CLEAR) {
      throw new BadIndexException(user, value >>> 32, (int) value, limit);
    }
  }

  /** Remembers who may report, and how many values an index may take, for the message. */
  Tensor usedBy(String kernel, long limit) {
    user = kernel;
    this.limit = limit;
    return word;
  }
}
