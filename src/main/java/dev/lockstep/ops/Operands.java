package dev.lockstep.ops;

import dev.lockstep.device.Kernel;
import dev.lockstep.device.KernelArgs;
import dev.lockstep.device.Launch;
import dev.lockstep.device.Stream;
import dev.lockstep.numeric.DType;
import dev.lockstep.tensor.Rows;
import dev.lockstep.tensor.Shape;
import dev.lockstep.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Checks the arguments of one launch while writing them into the parameter block, in the order the
 * kernel declares them: each tensor has the expected dtype and extents, and no output shares memory
 * with another operand unless the kernel allows exactly that. Reused for every launch.
 */
final class Operands {
  /** More than any kernel has pointers. */
  private static final int CAPACITY = 16;

  private enum Role {
    OUTPUT,
    /** An output that may coincide with a replaceable input. */
    REPLACING,
    INPUT,
    /** An input read before a replacing output is written, element by element. */
    REPLACEABLE;

    private boolean isWritten() {
      return this == OUTPUT || this == REPLACING;
    }
  }

  private final KernelArgs args = new KernelArgs();
  private final String[] names = new String[CAPACITY];
  private final Role[] roles = new Role[CAPACITY];
  private final Tensor[] tensors = new Tensor[CAPACITY];

  /** Bytes from row to row and of a row where these do not follow upon each other; else 0. */
  private final long[] pitches = new long[CAPACITY];

  private final long[] widths = new long[CAPACITY];
  private @Nullable Kernel kernel;
  private String name = "";
  private boolean emptyAllowed;
  private int size;

  /** Starts the arguments of a launch of {@code kernel}. */
  Operands begin(Kernel kernel) {
    begin(kernel.name());
    this.kernel = kernel;
    return this;
  }

  /** Starts the arguments of an op made of others, which launch: they are checked, no more. */
  Operands begin(String op) {
    kernel = null;
    emptyAllowed = false;
    name = op;
    size = 0;
    args.reset();
    return this;
  }

  /** Lets operands have no elements. Launches of no block are then for the op to leave out. */
  Operands possiblyEmpty() {
    emptyAllowed = true;
    return this;
  }

  Operands output(String name, Tensor tensor, DType dtype, long rows, long cols) {
    return matrix(Role.OUTPUT, name, tensor, dtype, rows, cols);
  }

  Operands output(String name, Tensor tensor, DType dtype, long count) {
    return vector(Role.OUTPUT, name, tensor, dtype, count);
  }

  Operands optionalOutput(String name, @Nullable Tensor tensor, DType dtype, long rows, long cols) {
    return tensor == null ? absent() : output(name, tensor, dtype, rows, cols);
  }

  Operands optionalOutput(String name, @Nullable Tensor tensor, DType dtype, long count) {
    return tensor == null ? absent() : output(name, tensor, dtype, count);
  }

  Operands input(String name, Tensor tensor, DType dtype, long rows, long cols) {
    return matrix(Role.INPUT, name, tensor, dtype, rows, cols);
  }

  Operands input(String name, Tensor tensor, DType dtype, long count) {
    return vector(Role.INPUT, name, tensor, dtype, count);
  }

  Operands optionalInput(String name, @Nullable Tensor tensor, DType dtype, long rows, long cols) {
    return tensor == null ? absent() : input(name, tensor, dtype, rows, cols);
  }

  Operands optionalInput(String name, @Nullable Tensor tensor, DType dtype, long count) {
    return tensor == null ? absent() : input(name, tensor, dtype, count);
  }

  /** An output that may be the very memory of a {@link #replaceable} input. */
  Operands replacing(String name, Tensor tensor, DType dtype, long rows, long cols) {
    return matrix(Role.REPLACING, name, tensor, dtype, rows, cols);
  }

  /** An output that may be the very memory of a {@link #replaceable} input. */
  Operands replacing(String name, Tensor tensor, DType dtype, long count) {
    return vector(Role.REPLACING, name, tensor, dtype, count);
  }

  /** A {@link #replacing} output that may be left out. */
  Operands optionalReplacing(
      String name, @Nullable Tensor tensor, DType dtype, long rows, long cols) {
    return tensor == null ? absent() : replacing(name, tensor, dtype, rows, cols);
  }

  /** A {@link #replacing} output that may be left out. */
  Operands optionalReplacing(String name, @Nullable Tensor tensor, DType dtype, long count) {
    return tensor == null ? absent() : replacing(name, tensor, dtype, count);
  }

  /** An input whose very memory may also be a {@link #replacing} output. */
  Operands replaceable(String name, Tensor tensor, DType dtype, long rows, long cols) {
    return matrix(Role.REPLACEABLE, name, tensor, dtype, rows, cols);
  }

  /** An input whose very memory may also be a {@link #replacing} output. */
  Operands replaceable(String name, Tensor tensor, DType dtype, long count) {
    return vector(Role.REPLACEABLE, name, tensor, dtype, count);
  }

  /** A {@link #replaceable} input that may be left out. */
  Operands optionalReplaceable(
      String name, @Nullable Tensor tensor, DType dtype, long rows, long cols) {
    return tensor == null ? absent() : replaceable(name, tensor, dtype, rows, cols);
  }

  /** An input of whatever type it is. */
  Operands optionalInput(String name, @Nullable Tensor tensor, long count) {
    return tensor == null ? absent() : input(name, tensor, tensor.dtype(), count);
  }

  /** A {@link #replacing} output of whatever type and pitch it is. */
  Operands replacing(String name, Rows tensor, long rows, long cols) {
    if (tensor.rows() > 1 && tensor.pitch() < tensor.cols()) {
      throw refuse("%s is %s: its rows overlap", name, tensor);
    }
    return rows(Role.REPLACING, name, tensor, rows, cols);
  }

  /** A {@link #replacing} output of whatever type and pitch it is, that may be left out. */
  Operands optionalReplacing(String name, @Nullable Rows tensor, long rows, long cols) {
    return tensor == null ? absent() : replacing(name, tensor, rows, cols);
  }

  /** A {@link #replaceable} input of whatever type and pitch it is. */
  Operands replaceable(String name, Rows tensor, long rows, long cols) {
    return rows(Role.REPLACEABLE, name, tensor, rows, cols);
  }

  /** A {@link #replaceable} input of whatever type and pitch it is, that may be left out. */
  Operands optionalReplaceable(String name, @Nullable Rows tensor, long rows, long cols) {
    return tensor == null ? absent() : replaceable(name, tensor, rows, cols);
  }

  /** The bytes from row to row, 0 for an operand left out. */
  Operands pitch(@Nullable Rows tensor) {
    return int64(tensor == null ? 0 : tensor.pitchBytes());
  }

  /** A {@link #replaceable} input that may be left out. */
  Operands optionalReplaceable(String name, @Nullable Tensor tensor, DType dtype, long count) {
    return tensor == null ? absent() : replaceable(name, tensor, dtype, count);
  }

  Operands int64(long value) {
    args.int64(value);
    return this;
  }

  Operands int32(int value) {
    args.int32(value);
    return this;
  }

  Operands float32(float value) {
    args.float32(value);
    return this;
  }

  /** The small positive number a norm adds under its root. */
  Operands epsilon(float eps) {
    if (!(eps > 0 && eps < Float.POSITIVE_INFINITY)) {
      throw refuse("eps %s must be finite and positive", eps);
    }
    return float32(eps);
  }

  /**
   * The part of {@code workspace} a launch uses, or null when it needs none. A larger workspace is
   * welcome, so that ops of several shapes can take turns with one.
   */
  @Nullable Tensor workspace(@Nullable Tensor workspace, Shape needed, boolean wanted) {
    if (!wanted || needed.count() == 0) {
      return null;
    }
    if (workspace == null) {
      throw refuse("workspace is missing; f32%s is needed for weight gradients", needed);
    }
    if (workspace.count() < needed.count()) {
      throw refuse("workspace is %s, too small; f32%s is needed", workspace, needed);
    }
    return workspace.flatten().slice(0, needed.count()).reshape(needed);
  }

  /** Checks that nothing overlaps that must not: the last check before a launch. */
  Operands checked() {
    requireSeparate();
    return this;
  }

  /** Launches; {@link #checked} comes before, for all launches of an op before the first. */
  void launch(Stream stream, Launch launch) {
    stream.launch(current(), launch, args);
  }

  /** An {@link IllegalArgumentException} that begins with the kernel's name, or the op's. */
  IllegalArgumentException refuse(String message, Object... values) {
    return new IllegalArgumentException(name + ": " + message.formatted(values));
  }

  private Operands matrix(
      Role role, String name, Tensor tensor, DType dtype, long rows, long cols) {
    if (tensor.shape().rows() != rows || tensor.shape().cols() != cols) {
      throw refuse(
          "%s has shape %s, which is %d rows of %d; %d rows of %d are needed",
          name, tensor.shape(), tensor.shape().rows(), tensor.shape().cols(), rows, cols);
    }
    return add(role, name, tensor, dtype);
  }

  private Operands rows(Role role, String name, Rows tensor, long rows, long cols) {
    if (tensor.rows() != rows || tensor.cols() != cols) {
      throw refuse(
          "%s is %d rows of %d; %d rows of %d are needed",
          name, tensor.rows(), tensor.cols(), rows, cols);
    }
    add(role, name, tensor.span(), tensor.dtype());
    pitches[size - 1] = tensor.pitchBytes();
    widths[size - 1] = cols * tensor.dtype().byteSize();
    return this;
  }

  private Operands vector(Role role, String name, Tensor tensor, DType dtype, long count) {
    if (tensor.count() != count) {
      throw refuse(
          "%s has shape %s, which is %d elements; %d are needed",
          name, tensor.shape(), tensor.count(), count);
    }
    return add(role, name, tensor, dtype);
  }

  private Operands add(Role role, String name, Tensor tensor, DType dtype) {
    if (tensor.dtype() != dtype) {
      throw refuse("%s is %s; %s is needed", name, tensor.dtype().suffix(), dtype.suffix());
    }
    if (tensor.count() == 0 && !emptyAllowed) {
      throw refuse("%s has shape %s, which has no elements", name, tensor.shape());
    }
    names[size] = name;
    roles[size] = role;
    tensors[size] = tensor;
    pitches[size] = 0;
    widths[size] = 0;
    size++;
    args.address(tensor.buffer(), tensor.byteOffset());
    return this;
  }

  private Operands absent() {
    args.nullAddress();
    return this;
  }

  private void requireSeparate() {
    for (int output = 0; output < size; output++) {
      if (!roles[output].isWritten()) {
        continue;
      }
      for (int other = 0; other < size; other++) {
        boolean seen = roles[other].isWritten() && other <= output;
        if (!seen
            && tensors[output].overlaps(tensors[other])
            && !inPlace(output, other)
            && !sideBySide(output, other)) {
          throw refuse(
              "%s overlaps %s in memory (%s at 0x%x, %s at 0x%x)",
              names[output],
              names[other],
              tensors[output],
              tensors[output].address(),
              tensors[other],
              tensors[other].address());
        }
      }
    }
  }

  private boolean inPlace(int output, int other) {
    return roles[output] == Role.REPLACING
        && roles[other] == Role.REPLACEABLE
        && tensors[output].address() == tensors[other].address()
        && tensors[output].bytes() == tensors[other].bytes()
        && tensors[output].dtype() == tensors[other].dtype()
        && pitches[output] == pitches[other];
  }

  /** Whether two operands are different columns of the same rows. */
  private boolean sideBySide(int one, int other) {
    long pitch = pitches[one];
    if (pitch == 0 || pitch != pitches[other]) {
      return false;
    }
    long distance = Math.floorMod(tensors[other].address() - tensors[one].address(), pitch);
    return distance >= widths[one] && distance + widths[other] <= pitch;
  }

  private Kernel current() {
    if (kernel == null) {
      throw new IllegalStateException("begin comes first");
    }
    return kernel;
  }
}
