package dev.lockstep.nn;

import dev.lockstep.device.Stream;
import dev.lockstep.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/** The blocks one after another, and the norm after the last. */
final class FeedForwardStack {
  private final List<FeedForwardBlock> blocks = new ArrayList<>();
  private final Norm finalNorm;
  private final Tensor normalized;

  FeedForwardStack(
      LanguageModelConfig config, OpSet ops, Parameters parameters, ActivationPlan plan) {
    for (int i = 0; i < config.blocks(); i++) {
      String name = LanguageModelParameters.block(i);
      blocks.add(new FeedForwardBlock(config, ops, parameters, name, plan));
    }
    finalNorm = Norm.of(config, ops, parameters, LanguageModelParameters.FINAL_NORM, plan);
    normalized = plan.output(config.width());
  }

  /** Where {@link #forward} leaves the normalised stream, [B, D]. */
  Tensor output() {
    return normalized;
  }

  /** The output of a block. */
  Tensor blockOutput(int index) {
    return blocks.get(index).output();
  }

  void forward(Stream stream, Tensor x) {
    Tensor at = x;
    for (FeedForwardBlock block : blocks) {
      block.forward(stream, at);
      at = block.output();
    }
    finalNorm.forward(stream, normalized, at);
  }

  /**
   * dX = the gradient of x, [B, D]; adds the gradients of the parameters.
   *
   * @param dNormalized the gradient of {@link #output}
   * @param x as in forward
   */
  void backward(Stream stream, Tensor dX, Tensor dNormalized, Tensor x) {
    int last = blocks.size() - 1;
    finalNorm.backward(stream, dX, dNormalized, null, inputOf(last + 1, x));
    for (int i = last; i >= 0; i--) {
      blocks.get(i).backward(stream, dX, inputOf(i, x));
    }
  }

  private Tensor inputOf(int block, Tensor x) {
    return block == 0 ? x : blocks.get(block - 1).output();
  }
}
