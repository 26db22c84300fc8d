package dev.lockstep.check.run;

import dev.lockstep.device.TensorMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/**
 * One argument of a kernel: a buffer, whose address the kernel gets, a tensor, or a value. {@link
 * #parse} reads the text form.
 */
public sealed interface Argument {
  /**
   * Memory of the kernel's own, filled with {@code initial}; shown afterwards if it is an output.
   */
  record Buffer(Direction direction, Elements initial) implements Argument {
    @Override
    public String toString() {
      return "%s:%s[%d]"
          .formatted(direction.spelling(), initial.type().spelling(), initial.count());
    }
  }

  /**
   * A value passed directly, or a structure passed by value.
   *
   * @param text as it was given, for messages
   */
  record Value(Elements content, String text) implements Argument {
    @Override
    public String toString() {
      return text;
    }
  }

  /**
   * A tensor in a buffer, passed by value as the descriptor that bulk copies take; the kernel does
   * not get the buffer's address.
   */
  record Tensor(Buffer buffer, TensorMap map) implements Argument {
    @Override
    public String toString() {
      return "tensormap:" + buffer;
    }
  }

  /** The memory behind an argument that has some. */
  default Optional<Buffer> memory() {
    return switch (this) {
      case Buffer buffer -> Optional.of(buffer);
      case Tensor tensor -> Optional.of(tensor.buffer);
      case Value _ -> Optional.empty();
    };
  }

  /** What a kernel does with a buffer. */
  enum Direction {
    /** Reads it. */
    IN("in"),
    /** Writes it; it starts as zeros. */
    OUT("out"),
    /** Both. */
    INOUT("inout");

    private final String spelling;

    Direction(String spelling) {
      this.spelling = spelling;
    }

    /** As the text form writes it. */
    public String spelling() {
      return spelling;
    }
  }

  /** A buffer that is only read. */
  static Argument in(Elements initial) {
    return new Buffer(Direction.IN, initial);
  }

  /** A buffer of zeros to be written. */
  static Argument out(ElementType type, int count) {
    return new Buffer(Direction.OUT, Elements.zeros(type, count));
  }

  /** A buffer that is read and written. */
  static Argument inout(Elements initial) {
    return new Buffer(Direction.INOUT, initial);
  }

  /** A number, as {@link ElementType#parse} reads it. */
  static Argument scalar(ElementType type, String value) {
    return new Value(Elements.of(type, List.of(value)), type.spelling() + ":" + value.strip());
  }

  /** A structure passed by value. */
  static Argument bytes(byte[] content) {
    return new Value(
        Elements.of(ElementType.B8, content), "bytes:" + HexFormat.of().formatHex(content));
  }

  /**
   * Reads {@code in:TYPE:VALUES}, {@code inout:TYPE:VALUES}, {@code out:TYPE:COUNT}, {@code
   * TYPE:VALUE}, {@code bytes:HEX} or {@code tensormap:dims=64x32,box=16x8:BUFFER}, whose BUFFER is
   * one of the first three and whose numbers are listed innermost first; {@code strides} (bytes,
   * from the second dimension on) and {@code swizzle} (32, 64 or 128) may follow the box. VALUES
   * are numbers parted by commas, {@code @FILE} (raw little-endian), {@code zeros:COUNT}, {@code
   * iota:COUNT} (0, 1, 2, …) or {@code rand:COUNT:SEED} (floats in [−1, 1), integers of all sizes).
   *
   * @throws IllegalArgumentException naming the argument and what is wrong with it
   */
  static Argument parse(String text) {
    return ArgumentParser.parse(text);
  }
}
