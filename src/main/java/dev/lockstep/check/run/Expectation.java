package dev.lockstep.check.run;

import java.util.Arrays;
import java.util.Optional;

/**
 * What a buffer must hold afterwards: the same bits, or, when {@code compare} names a type, numbers
 * within {@code atol + rtol · |expected|}, where NaN equals NaN. Without a tolerance zeros of
 * different sign differ.
 *
 * @param bytes of the whole buffer, in memory order
 */
@SuppressWarnings("ArrayRecordComponent") // Compared element by element, never as a record.
public record Expectation(byte[] bytes, Optional<ElementType> compare, double rtol, double atol) {
  /** The same bits. */
  public static Expectation bits(byte[] bytes) {
    return new Expectation(bytes, Optional.empty(), 0, 0);
  }

  /**
   * One phrase on how {@code got} differs: the first element that does, and how many; empty when it
   * does not.
   */
  public Optional<String> difference(Elements got) {
    if (Arrays.equals(got.bytes(), bytes)) {
      return Optional.empty();
    }
    if (got.byteSize() != bytes.length) {
      return Optional.of(
          "%d bytes expected of a buffer of %d".formatted(bytes.length, got.byteSize()));
    }
    ElementType type = compare.orElse(got.type());
    Elements actual = Elements.of(type, got.bytes());
    Elements expected = Elements.of(type, bytes);
    int count = 0;
    int first = -1;
    for (int i = 0; i < expected.count(); i++) {
      if (!agree(type, actual.bits(i), expected.bits(i))) {
        first = count++ == 0 ? i : first;
      }
    }
    return count == 0
        ? Optional.empty()
        : Optional.of(
            "element %d (byte %d) is %s, expected %s%s; %d of %d %s elements differ"
                .formatted(
                    first,
                    first * type.bytes(),
                    text(actual, first),
                    text(expected, first),
                    offBy(type, actual.bits(first), expected.bits(first)),
                    count,
                    expected.count(),
                    type.spelling()));
  }

  /** Numbers that are compared bit for bit may look alike. */
  private String text(Elements elements, int index) {
    String bits = elements.type().hex(elements.bits(index));
    String number = elements.text(index);
    return compare.isPresent() || number.equals(bits) ? number : number + " (" + bits + ")";
  }

  private boolean agree(ElementType type, long got, long expected) {
    if (got == expected) {
      return true;
    }
    if (compare.isEmpty()) {
      return false;
    }
    if (!type.isFloat()) {
      double error = type.exact(got).subtract(type.exact(expected)).abs().doubleValue();
      return error <= allowed(type.toDouble(expected));
    }
    double a = type.toDouble(got);
    double e = type.toDouble(expected);
    if (Double.isNaN(a) || Double.isNaN(e)) {
      return Double.isNaN(a) && Double.isNaN(e);
    }
    if (a == e) {
      return rtol > 0 || atol > 0; // Zeros of different sign.
    }
    // An infinite tolerance of an infinite number is not to take anything.
    return Double.isFinite(e) && Math.abs(a - e) <= allowed(e);
  }

  private String offBy(ElementType type, long got, long expected) {
    double error = Math.abs(type.toDouble(got) - type.toDouble(expected));
    if (compare.isEmpty() || error == 0 || !Double.isFinite(error)) {
      return "";
    }
    return " (off by %.3g, %.3g allowed)".formatted(error, allowed(type.toDouble(expected)));
  }

  private double allowed(double expected) {
    return atol + rtol * Math.abs(expected);
  }
}
