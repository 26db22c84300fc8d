package dev.lockstep.ops;

import dev.lockstep.device.Kernel;
import dev.lockstep.device.Stream;
import dev.lockstep.numeric.DType;
import dev.lockstep.tensor.Shape;
import dev.lockstep.tensor.Tensor;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Rows of a table, picked by id. The table is f32, f16 or bf16; its gradient f32. */
public final class Embedding {
  /** No id means padding. */
  public static final int NO_PADDING = -1;

  private static final String IMAGE = "embedding";

  private static final int VECTOR_BYTES = 16;

  private final KernelFamily forward;
  private final LazyKernel count;
  private final LazyKernel place;
  private final LazyKernel bounds;
  private final KernelFamily gather;
  private final KernelFamily combine;
  private final Operands operands = new Operands();

  /** Takes its kernels from {@code library}, which must stay open while this is in use. */
  public Embedding(KernelLibrary library) {
    forward = new KernelFamily(library, IMAGE, "embedding_forward");
    count = new LazyKernel(library, IMAGE, "embedding_sort_count");
    place = new LazyKernel(library, IMAGE, "embedding_sort_place");
    bounds = new LazyKernel(library, IMAGE, "embedding_bounds");
    gather = new KernelFamily(library, IMAGE, "embedding_backward_gather");
    combine = new KernelFamily(library, IMAGE, "embedding_backward_combine");
  }

  /**
   * The f32 workspace of {@link #backward}: some words for each id of the batch and of the table,
   * and a row for each 64 rows of dOut.
   *
   * @param dWeight the shape of the table, [vocab, dim]
   * @param rows ids in a batch
   */
  public static Shape workspaceShape(Shape dWeight, long rows) {
    return RowsByIdWorkspace.shape(rows, dWeight.rows(), dWeight.cols());
  }

  /** Bytes of {@link #workspaceShape}. */
  public static long workspaceBytes(Shape dWeight, long rows) {
    return Tensor.bytes(DType.F32, workspaceShape(dWeight, rows));
  }

  /**
   * out[row] = weight[ids[row]]. An id outside [0, vocab) makes its row NaN and is reported in
   * {@code status}.
   *
   * @param out [rows, dim], overwritten
   * @param weight [vocab, dim]
   * @param ids [rows], I32
   */
  public void forward(Stream stream, Tensor out, Tensor weight, Tensor ids, StatusWord status) {
    DType dtype = weight.dtype();
    long rows = ids.count();
    long vocab = weight.shape().rows();
    long dim = weight.shape().cols();
    Kernel kernel = forward.of(dtype);
    Tensor statusWord = status.usedBy(kernel.name(), vocab);
    operands
        .begin(kernel)
        .output("out", out, dtype, rows, dim)
        .input("weight", weight, dtype, vocab, dim)
        .input("ids", ids, DType.I32, rows)
        .int64(rows)
        .int64(vocab)
        .int64(dim)
        .output("status", statusWord, StatusWord.DTYPE, StatusWord.SHAPE.count())
        .checked()
        .launch(stream, TableLaunch.of(rows, dim, VECTOR_BYTES / dtype.byteSize()).launch());
  }

  /** {@link #backward(Stream, Tensor, Tensor, Tensor, Tensor, int, StatusWord)} without padding. */
  public void backward(
      Stream stream, Tensor dWeight, Tensor workspace, Tensor dOut, Tensor ids, StatusWord status) {
    backward(stream, dWeight, workspace, dOut, ids, NO_PADDING, status);
  }

  /**
   * dWeight[id] += the sum of dOut over the rows with that id: by chunks of 64 in the order of the
   * rows, so that its bits depend on nothing but these rows. An id outside [0, vocab) adds nothing
   * and is reported in {@code status}.
   *
   * @param dWeight [vocab, dim], f32, accumulated into
   * @param workspace f32, {@link #workspaceShape}
   * @param dOut [rows, dim], the gradient of out
   * @param ids [rows], I32, as in forward; fewer than 2³¹
   * @param padding rows with this id add nothing; {@link #NO_PADDING} for none
   */
  public void backward(
      Stream stream,
      Tensor dWeight,
      Tensor workspace,
      Tensor dOut,
      Tensor ids,
      int padding,
      StatusWord status) {
    DType dtype = dOut.dtype();
    long rows = ids.count();
    long vocab = dWeight.shape().rows();
    long dim = dWeight.shape().cols();
    operands.begin(gather.of(dtype));
    if (rows > Integer.MAX_VALUE) {
      throw operands.refuse("ids has %d elements; fewer than 2^31 can be sorted", rows);
    }
    if (padding != NO_PADDING && (padding < 0 || padding >= vocab)) {
      throw operands.refuse(
          "padding %d must be an id from 0 to %d, or %d for none", padding, vocab - 1, NO_PADDING);
    }
    Shape needed = workspaceShape(dWeight.shape(), rows);
    Tensor words = Objects.requireNonNull(operands.workspace(workspace, needed, true));
    operands
        .output("dWeight", dWeight, DType.F32, vocab, dim)
        .output("workspace", words, DType.F32, needed.count())
        .input("dOut", dOut, dtype, rows, dim)
        .input("ids", ids, DType.I32, rows)
        .checked();

    // Nothing below can be refused: parts of the workspace are as large as they must be.
    RowsByIdWorkspace parts = new RowsByIdWorkspace(words, rows, vocab, dim);
    RowsByIdLaunch launch = RowsByIdLaunch.of(rows, vocab);
    Tensor statusWord = status.usedBy("embedding_backward_" + dtype.suffix(), vocab);
    for (int digit = 0; digit < launch.digits(); digit++) {
      sort(stream, digit, launch, parts, ids, vocab, padding, statusWord);
    }
    addUp(stream, dWeight, dOut, launch, parts);
  }

  /** Sorts by one digit more: the ids themselves, or what the digit before left. */
  private void sort(
      Stream stream,
      int digit,
      RowsByIdLaunch launch,
      RowsByIdWorkspace parts,
      Tensor ids,
      long vocab,
      int padding,
      Tensor statusWord) {
    boolean first = digit == 0;
    long rows = ids.count();
    Tensor keys = first ? ids : parts.keys(digit - 1);
    @Nullable Tensor known = first ? null : parts.total();
    operands
        .begin(count.get())
        .output("counts", parts.counts(), DType.I32, parts.counts().count())
        .input("keys", keys, DType.I32, rows)
        .optionalInput("known", known, DType.I32, 1)
        .int64(rows)
        .int64(launch.keysPerBlock())
        .int32(launch.shift(digit))
        .int32(launch.mask())
        .int64(vocab)
        .int32(padding)
        .output("status", statusWord, StatusWord.DTYPE, StatusWord.SHAPE.count())
        .checked()
        .launch(stream, launch.sort());
    operands
        .begin(place.get())
        .output("sortedKeys", parts.keys(digit), DType.I32, rows)
        .output("order", parts.order(digit), DType.I32, rows)
        .optionalOutput("total", first ? parts.total() : null, DType.I32, 1)
        .input("counts", parts.counts(), DType.I32, parts.counts().count())
        .input("keys", keys, DType.I32, rows)
        .optionalInput("values", first ? null : parts.order(digit - 1), DType.I32, rows)
        .optionalInput("known", known, DType.I32, 1)
        .int64(rows)
        .int64(launch.keysPerBlock())
        .int32(launch.shift(digit))
        .int32(launch.mask())
        .int64(vocab)
        .int32(padding)
        .checked()
        .launch(stream, launch.sort());
  }

  /** Adds up the rows of each id, which the sort has put side by side. */
  private void addUp(
      Stream stream, Tensor dWeight, Tensor dOut, RowsByIdLaunch launch, RowsByIdWorkspace parts) {
    DType dtype = dOut.dtype();
    long rows = dOut.shape().rows();
    long vocab = dWeight.shape().rows();
    long dim = dWeight.shape().cols();
    int last = launch.digits() - 1;
    @Nullable Tensor partials = parts.partials();
    operands
        .begin(bounds.get())
        .output("starts", parts.starts(), DType.I32, vocab)
        .output("ends", parts.ends(), DType.I32, vocab)
        .input("keys", parts.keys(last), DType.I32, rows)
        .input("total", parts.total(), DType.I32, 1)
        .checked()
        .launch(stream, ElementwiseLaunch.of(rows).launch());
    operands
        .begin(gather.of(dtype))
        .output("dWeight", dWeight, DType.F32, vocab, dim)
        .optionalOutput("partials", partials, DType.F32, launch.chunks(), dim)
        .input("dOut", dOut, dtype, rows, dim);
    sortedRows(parts, last, rows, vocab)
        .int64(dim)
        .checked()
        .launch(stream, TableLaunch.of(rows, dim, RowsByIdLaunch.COLUMNS).launch());
    if (partials != null) {
      operands
          .begin(combine.of(dtype))
          .output("dWeight", dWeight, DType.F32, vocab, dim)
          .input("partials", partials, DType.F32, launch.chunks(), dim)
          .input("dOut", dOut, dtype, rows, dim);
      sortedRows(parts, last, rows, vocab)
          .int64(launch.chunks())
          .int64(dim)
          .checked()
          .launch(stream, launch.combine(dim));
    }
  }

  private Operands sortedRows(RowsByIdWorkspace parts, int last, long rows, long vocab) {
    return operands
        .input("keys", parts.keys(last), DType.I32, rows)
        .input("order", parts.order(last), DType.I32, rows)
        .input("starts", parts.starts(), DType.I32, vocab)
        .input("ends", parts.ends(), DType.I32, vocab)
        .input("total", parts.total(), DType.I32, 1);
  }
}
