package dev.lockstep.check.run;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HexFormat;
import java.util.List;

/** What a buffer holds: bytes in device order (little-endian) and how to read them. */
public final class Elements {
  private final ElementType type;
  private final byte[] bytes;

  private Elements(ElementType type, byte[] bytes) {
    if (bytes.length % type.bytes() != 0) {
      throw new IllegalArgumentException(
          "%d bytes are no whole number of %s elements of %d bytes"
              .formatted(bytes.length, type.spelling(), type.bytes()));
    }
    this.type = type;
    this.bytes = bytes;
  }

  /**
   * Raw bytes.
   *
   * @throws IllegalArgumentException when they are no whole number of elements
   */
  public static Elements of(ElementType type, byte[] bytes) {
    return new Elements(type, bytes.clone());
  }

  /** Reads each text as {@link ElementType#parse} does. */
  public static Elements of(ElementType type, List<String> values) {
    Elements elements = zeros(type, values.size());
    for (int i = 0; i < values.size(); i++) {
      elements.set(i, type.parse(values.get(i)));
    }
    return elements;
  }

  /** Floats. */
  public static Elements of(float... values) {
    Elements elements = zeros(ElementType.F32, values.length);
    for (int i = 0; i < values.length; i++) {
      elements.set(i, Float.floatToRawIntBits(values[i]));
    }
    return elements;
  }

  /** Signed integers. */
  public static Elements of(int... values) {
    Elements elements = zeros(ElementType.S32, values.length);
    for (int i = 0; i < values.length; i++) {
      elements.set(i, values[i]);
    }
    return elements;
  }

  /**
   * Zeros.
   *
   * @throws IllegalArgumentException for a negative count, or more than 2 GiB
   */
  public static Elements zeros(ElementType type, long count) {
    // Checked without multiplying: the product may overflow.
    if (count < 0 || count > (Integer.MAX_VALUE - 8) / type.bytes()) {
      throw new IllegalArgumentException(
          "%d elements of %s: a buffer has 0 to %d"
              .formatted(count, type.spelling(), (Integer.MAX_VALUE - 8) / type.bytes()));
    }
    return new Elements(type, new byte[(int) count * type.bytes()]);
  }

  static Elements of(ElementType type, MemorySegment segment) {
    return new Elements(type, segment.toArray(ValueLayout.JAVA_BYTE));
  }

  /** The type of each element. */
  public ElementType type() {
    return type;
  }

  /** How many there are. */
  public int count() {
    return bytes.length / type.bytes();
  }

  /** Size in bytes. */
  public int byteSize() {
    return bytes.length;
  }

  /** The bytes, little-endian. */
  public byte[] bytes() {
    return bytes.clone();
  }

  /** Where the bytes are, not a copy. */
  MemorySegment segment() {
    return MemorySegment.ofArray(bytes);
  }

  /** All bytes as hexadecimal digits, in memory order. */
  public String hex() {
    return HexFormat.of().formatHex(bytes);
  }

  /** The bits of one element. */
  public long bits(int index) {
    long bits = 0;
    for (int i = type.bytes() - 1; i >= 0; i--) {
      bits = bits << 8 | bytes[index * type.bytes() + i] & 0xff;
    }
    return bits;
  }

  /** One element for people. */
  public String text(int index) {
    return type.format(bits(index));
  }

  /** All elements as floats: exact up to 32-bit types, rounded otherwise. */
  public float[] floats() {
    float[] values = new float[count()];
    for (int i = 0; i < values.length; i++) {
      values[i] =
          type == ElementType.F32
              ? Float.intBitsToFloat((int) bits(i))
              : (float) type.toDouble(bits(i));
    }
    return values;
  }

  /** All elements as doubles; 64-bit integers are rounded. */
  public double[] doubles() {
    double[] values = new double[count()];
    for (int i = 0; i < values.length; i++) {
      values[i] = type.toDouble(bits(i));
    }
    return values;
  }

  /**
   * All bytes as 32-bit integers, whatever the type.
   *
   * @throws IllegalArgumentException when they are no whole number of them
   */
  public int[] ints() {
    int[] values = new int[new Elements(ElementType.S32, bytes).count()];
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asIntBuffer().get(values);
    return values;
  }

  void set(int index, long bits) {
    for (int i = 0; i < type.bytes(); i++) {
      bytes[index * type.bytes() + i] = (byte) (bits >>> (8 * i));
    }
  }
}
