package dev.lockstep.ops;

import dev.lockstep.device.Kernel;
import dev.lockstep.device.Stream;
import dev.lockstep.numeric.DType;
import dev.lockstep.tensor.Tensor;

/** Rows of a table, picked by id. The table is f32, f16 or bf16; its gradient f32. */
public final class Embedding {
  private final KernelFamily forward;
  private final KernelFamily backward;
  private final Operands operands = new Operands();

  public Embedding(KernelLibrary library) {
    forward = new KernelFamily(library, "embedding", "embedding_forward");
    backward = new KernelFamily(library, "embedding", "embedding_backward");
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
        .launch(stream, ElementwiseLaunch.of(out.count()).launch());
  }

  /**
   * dWeight[id] += the sum of dOut over the rows with that id, in the order of the rows. Ids
   * outside the table are nobody's and add nothing.
   *
   * @param dWeight [vocab, dim], f32, accumulated into
   * @param dOut [rows, dim], the gradient of out
   * @param ids [rows], I32, as in forward
   */
  public void backward(Stream stream, Tensor dWeight, Tensor dOut, Tensor ids) {
    DType dtype = dOut.dtype();
    long rows = ids.count();
    long vocab = dWeight.shape().rows();
    long dim = dWeight.shape().cols();
    operands
        .begin(backward.of(dtype))
        .output("dWeight", dWeight, DType.F32, vocab, dim)
        .input("dOut", dOut, dtype, rows, dim)
        .input("ids", ids, DType.I32, rows)
        .int64(rows)
        .int64(vocab)
        .int64(dim)
        .checked()
        .launch(stream, WarpLaunch.of(vocab).launch());
  }
}
