package dev.lockstep.device;

import java.util.List;

/**
 * A tensor in device memory and the box of it that one bulk copy moves to or from shared memory: a
 * kernel gets both as a descriptor of 128 bytes, passed by value. Dimensions are listed innermost
 * first, whose elements lie one behind the other. The rules are those of {@code
 * cuTensorMapEncodeTiled} (CUDA driver API, "Tensor Map Object Management") for tensors that are
 * not interleaved; what a box has outside the tensor is read as zeros.
 *
 * @param sizes elements along each of one to five dimensions
 * @param strides bytes from one element to the next along each dimension but the first
 * @param box elements of the box along each dimension
 */
public record TensorMap(
    Element element, List<Long> sizes, List<Long> strides, List<Integer> box, Swizzle swizzle) {
  private static final int MAX_RANK = 5;
  private static final long MAX_SIZE = 1L << 32;
  private static final long STRIDE_LIMIT = 1L << 40;
  private static final int MAX_BOX = 256;

  /** What strides, the box's rows and the tensor's address are multiples of. */
  private static final int ALIGNMENT = 16;

  /** Types of elements, in the order of {@code CUtensorMapDataType}. */
  public enum Element {
    UINT8(1),
    UINT16(2),
    UINT32(4),
    INT32(4),
    UINT64(8),
    INT64(8),
    FLOAT16(2),
    FLOAT32(4),
    FLOAT64(8),
    BFLOAT16(2);

    private final int bytes;

    Element(int bytes) {
      this.bytes = bytes;
    }

    /** Size of one. */
    public int bytes() {
      return bytes;
    }
  }

  /**
   * How 16-byte pieces change places in shared memory, so that columns do not meet in one bank; in
   * the order of {@code CUtensorMapSwizzle}.
   */
  public enum Swizzle {
    NONE(0),
    WITHIN_32(32),
    WITHIN_64(64),
    WITHIN_128(128);

    private final int span;

    Swizzle(int span) {
      this.span = span;
    }

    /**
     * The one that changes places within so many bytes; 0 for none.
     *
     * @throws IllegalArgumentException when there is none of that span
     */
    public static Swizzle within(int bytes) {
      for (Swizzle swizzle : values()) {
        if (swizzle.span == bytes) {
          return swizzle;
        }
      }
      throw new IllegalArgumentException("swizzle " + bytes + " must be 0, 32, 64 or 128 bytes");
    }

    /** Bytes within which pieces change places; a row of the box has no more. 0 for none. */
    public int span() {
      return span;
    }
  }

  /**
   * Checks what is given.
   *
   * @throws IllegalArgumentException when a number is out of its range
   */
  public TensorMap {
    sizes = List.copyOf(sizes);
    strides = List.copyOf(strides);
    box = List.copyOf(box);
    int rank = sizes.size();
    if (rank < 1 || rank > MAX_RANK) {
      throw new IllegalArgumentException(
          "a tensor map has 1 to %d dimensions, not %d".formatted(MAX_RANK, rank));
    }
    requireAsMany("box", box.size(), rank);
    requireAsMany("strides", strides.size(), rank - 1);
    for (long size : sizes) {
      require(size >= 1 && size <= MAX_SIZE, "size %d must be from 1 to %d", size, MAX_SIZE);
    }
    for (long stride : strides) {
      require(
          stride > 0 && stride < STRIDE_LIMIT && stride % ALIGNMENT == 0,
          "stride %d must be a multiple of %d bytes and less than 2^40",
          stride,
          ALIGNMENT);
    }
    for (int extent : box) {
      require(extent >= 1 && extent <= MAX_BOX, "box %d must be from 1 to %d", extent, MAX_BOX);
    }
    long row = (long) box.getFirst() * element.bytes();
    require(
        row % ALIGNMENT == 0,
        "a row of the box has %d bytes, which must be a multiple of %d",
        row,
        ALIGNMENT);
    require(
        swizzle == Swizzle.NONE || row <= swizzle.span(),
        "a row of the box has %d bytes, more than the %d of the swizzle",
        row,
        swizzle.span());
  }

  /** Without gaps: each dimension follows right behind the one before. */
  public static TensorMap dense(
      Element element, List<Long> sizes, List<Integer> box, Swizzle swizzle) {
    Long[] strides = new Long[Math.max(0, sizes.size() - 1)];
    long stride = element.bytes();
    for (int i = 0; i < strides.length; i++) {
      long size = Math.max(1, sizes.get(i));
      stride = size > STRIDE_LIMIT / stride ? STRIDE_LIMIT : stride * size;
      strides[i] = stride;
    }
    return new TensorMap(element, sizes, List.of(strides), box, swizzle);
  }

  /** From the first byte of the tensor to behind its last; {@link Long#MAX_VALUE} for too many. */
  public long bytes() {
    try {
      long end = Math.multiplyExact(sizes.getFirst(), (long) element.bytes());
      for (int i = 1; i < sizes.size(); i++) {
        long last = Math.multiplyExact(sizes.get(i) - 1, strides.get(i - 1));
        end = Math.addExact(end, last);
      }
      return end;
    } catch (ArithmeticException e) {
      return Long.MAX_VALUE;
    }
  }

  /**
   * Holds this to the memory it is to describe.
   *
   * @return the address of the tensor
   * @throws IllegalArgumentException when it does not fit or begins at the wrong place
   */
  public long requireIn(DeviceBuffer memory, long offset) {
    long address = memory.address() + offset;
    if (offset < 0 || bytes() > memory.bytes() - offset) {
      throw new IllegalArgumentException(
          "the tensor has %d bytes, the buffer %d from byte %d on"
              .formatted(bytes(), Math.max(0, memory.bytes() - offset), offset));
    }
    require(
        address % ALIGNMENT == 0,
        "the tensor begins at 0x%x, which must be a multiple of %d",
        address,
        ALIGNMENT);
    return address;
  }

  private static void requireAsMany(String what, int count, int wanted) {
    require(count == wanted, what + " has %d numbers, the sizes ask for %d", count, wanted);
  }

  private static void require(boolean holds, String message, Object... values) {
    if (!holds) {
      throw new IllegalArgumentException(message.formatted(values));
    }
  }
}
