package dev.lockstep.nn;

import dev.lockstep.device.Stream;
import dev.lockstep.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The blocks one after another, and the norm after the last where they have none at their end. */
final class FeedForwardStack {
  private final List<FeedForwardBlock> blocks = new ArrayList<>();
  private final StreamDropout dropout;
  private final @Nullable Norm finalNorm;
  private final Tensor out;

  FeedForwardStack(StackConfig config, OpSet ops, Parameters parameters, ActivationPlan plan) {
    dropout = new StreamDropout(config, ops, plan);
    for (int i = 0; i < config.blocks(); i++) {
      blocks.add(FeedForwardBlock.of(config, ops, parameters, i, plan, dropout));
    }
    if (config.normPlacement() == NormPlacement.PRE) {
      finalNorm = Norm.of(config, ops, parameters, ModelParameters.FINAL_NORM, plan);
      out = plan.output(config.width());
    } else {
      finalNorm = null;
      out = blocks.isEmpty() ? plan.output(config.width()) : blocks.getLast().output();
    }
  }

  /** Where {@link #forward} leaves the normalised stream, [B, D]. */
  Tensor output() {
    return out;
  }

  StreamDropout dropout() {
    return dropout;
  }

  /** The output of a block. */
  Tensor blockOutput(int index) {
    return blocks.get(index).output();
  }

  void forward(Stream stream, Tensor x, ActivationWatch watch) {
    Tensor at = x;
    for (FeedForwardBlock block : blocks) {
      block.forward(stream, at);
      block.show(stream, watch);
      at = block.output();
    }
    if (finalNorm != null) {
      finalNorm.forward(stream, out, at);
      watch.between(stream, ModelParameters.FINAL_NORM, out);
    } else if (blocks.isEmpty()) {
      out.copyFrom(stream, x);
    }
  }

  /**
   * dX = the gradient of x, [B, D]; adds the gradients of the parameters.
   *
   * @param dOut the gradient of {@link #output}
   * @param x as in forward
   */
  void backward(Stream stream, Tensor dX, Tensor dOut, Tensor x) {
    int last = blocks.size() - 1;
    Tensor dY = dOut;
    if (finalNorm != null) {
      finalNorm.backward(stream, dX, dOut, null, inputOf(last + 1, x));
      dY = dX;
    } else if (blocks.isEmpty()) {
      dX.copyFrom(stream, dOut);
    }
    for (int i = last; i >= 0; i--) {
      blocks.get(i).backward(stream, dX, dY, inputOf(i, x));
      dY = dX;
    }
  }

  private Tensor inputOf(int block, Tensor x) {
    return block == 0 ? x : blocks.get(block - 1).output();
  }
}
