package dev.lockstep.ops;

import dev.lockstep.numeric.DType;
import dev.lockstep.tensor.Rows;
import dev.lockstep.tensor.Tensor;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The types of a norm's tensors, as {@code norm_io.cuh} wants them, and which kernel they and their
 * addresses allow. Which one is a function of types, alignment and columns, never of the row count.
 */
final class NormFormats {
  /** Positions of the tensors in the word of formats. */
  enum Place {
    X,
    /** residual, or dSum. */
    ADDEND,
    /** sum, or dX. */
    SUM,
    /** y, or dY. */
    OUT,
    WEIGHT,
    BIAS
  }

  /** What a kernel expects of the tensors, and the end of its name. */
  enum Kind {
    F32,
    F16,
    BF16,
    MIXED,
    ANY;

    String suffix() {
      return name().toLowerCase(Locale.ROOT);
    }

    /** Elements of a vector of the kernels that keep rows in registers. */
    int lanes() {
      return this == F16 || this == BF16 ? 8 : 4;
    }
  }

  /** Bit that tells {@link Kind#ANY} that vectors of four are possible. */
  private static final int VECTORS = 1 << 16;

  private static final int LANES = 4;
  private static final int VECTOR_BYTES = 16;

  private final String op;
  private final long cols;
  private int formats;
  private @Nullable DType first;
  private boolean alike = true;

  /** Addresses and distances between rows, in bytes, all or-ed together. */
  private long bits;

  /** The same in multiples of four elements of each type. */
  private long quarters;

  NormFormats(String op, long cols) {
    this.op = op;
    this.cols = cols;
  }

  NormFormats add(Place place, String name, @Nullable Rows rows) {
    return rows == null ? this : add(place, name, rows.span(), rows.pitchBytes());
  }

  /** A tensor the kernel reads or writes as vectors. */
  NormFormats add(Place place, String name, @Nullable Tensor tensor) {
    return tensor == null ? this : add(place, name, tensor, 0);
  }

  /** A type of which there is no tensor. */
  NormFormats rounding(Place place, DType dtype) {
    return format(place, "residual", dtype);
  }

  /** An f32 tensor whose type is no question, but whose address is. */
  NormFormats aligned(@Nullable Tensor tensor) {
    if (tensor != null) {
      quarters |= tensor.address() % VECTOR_BYTES;
      bits |= tensor.address();
    }
    return this;
  }

  /** The kernel to take. */
  Kind kind() {
    if (cols > RowGroupLaunch.MAX_COLUMNS || !vectors()) {
      return Kind.ANY;
    }
    if (first != null && alike && (bits | cols * first.byteSize()) % VECTOR_BYTES == 0) {
      return Kind.valueOf(first.name());
    }
    return Kind.MIXED;
  }

  /** Whether vectors of four elements are possible. */
  boolean vectors() {
    return cols % LANES == 0 && quarters == 0;
  }

  /** What the kernel is passed. */
  int word() {
    return formats | (vectors() ? VECTORS : 0);
  }

  private NormFormats add(Place place, String name, Tensor tensor, long pitchBytes) {
    format(place, name, tensor.dtype());
    long address = tensor.address();
    bits |= address | pitchBytes;
    quarters |= (address | pitchBytes) % ((long) LANES * tensor.dtype().byteSize());
    return this;
  }

  private NormFormats format(Place place, String name, DType dtype) {
    int code =
        switch (dtype) {
          case F32 -> 0;
          case F16 -> 1;
          case BF16 -> 2;
          default ->
              throw new IllegalArgumentException(
                  "%s: %s has dtype %s, which is not supported; f32, f16 and bf16 are"
                      .formatted(op, name, dtype.suffix()));
        };
    formats |= code << 2 * place.ordinal();
    alike &= first == null || first == dtype;
    first = dtype;
    return this;
  }
}
