package dev.lockstep.nn;

import dev.lockstep.device.Stream;
import dev.lockstep.tensor.Tensor;

/** y = norm(x + ffn(x)) (Vaswani et al. 2017). */
final class PostNormBlock extends FeedForwardBlock {
  private final Norm norm;
  private final Tensor sum; // what the norm reads
  private final Tensor dSum;
  private final Tensor dN;

  PostNormBlock(
      StackConfig config,
      OpSet ops,
      Parameters parameters,
      int index,
      ActivationPlan plan,
      StreamDropout dropout) {
    super(config, ops, parameters, index, plan, dropout);
    norm = Norm.of(config, ops, parameters, ModelParameters.block(index) + ".norm", plan);
    sum = plan.saved("block.sum", config.width());
    dSum = plan.scratch("block.dSum", config.width());
    dN = plan.scratch("block.dN", config.width());
  }

  @Override
  void forward(Stream stream, Tensor x) {
    add(stream, sum, x, x);
    norm.forward(stream, output(), sum);
  }

  @Override
  void backward(Stream stream, Tensor dX, Tensor dY, Tensor x) {
    norm.backward(stream, dSum, dY, null, sum);
    backwardBranch(stream, dN, dSum, x);
    sum(stream, dX, dN, dSum);
  }
}
