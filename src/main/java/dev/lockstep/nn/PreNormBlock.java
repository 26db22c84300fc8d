package dev.lockstep.nn;

import dev.lockstep.device.Stream;
import dev.lockstep.tensor.Tensor;

/** y = x + ffn(norm(x)) (Xiong et al. 2020). */
final class PreNormBlock extends FeedForwardBlock {
  private final Norm norm;
  private final Tensor n;
  private final Tensor dN;

  PreNormBlock(
      StackConfig config,
      OpSet ops,
      Parameters parameters,
      int index,
      ActivationPlan plan,
      StreamDropout dropout) {
    super(config, ops, parameters, index, plan, dropout);
    norm = Norm.of(config, ops, parameters, ModelParameters.block(index) + ".norm", plan);
    n = plan.saved("block.n", config.width());
    dN = plan.scratch("block.dN", config.width());
  }

  @Override
  void forward(Stream stream, Tensor x) {
    norm.forward(stream, n, x);
    add(stream, output(), n, x);
  }

  /** The residual path hands the gradient on as it is; the norm's backward pass adds its own. */
  @Override
  void backward(Stream stream, Tensor dX, Tensor dY, Tensor x) {
    backwardBranch(stream, dN, dY, n);
    norm.backward(stream, dX, dN, dY, x);
  }
}
