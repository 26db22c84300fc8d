package dev.lockstep.nn;

import dev.lockstep.device.Stream;
import dev.lockstep.ops.LayerNorm;
import dev.lockstep.ops.NormBackward;
import dev.lockstep.ops.NormForward;
import dev.lockstep.ops.RmsNorm;
import dev.lockstep.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/** Normalises each row of the residual stream. Saves its statistics between the passes. */
sealed interface Norm {
  /** y = norm(x). */
  void forward(Stream stream, Tensor y, Tensor x);

  /**
   * dX = the gradient of x, plus dSum where there is one: the gradient x has from its other use.
   *
   * @param dX may be dSum itself
   * @param x as in forward
   */
  void backward(Stream stream, Tensor dX, Tensor dY, @Nullable Tensor dSum, Tensor x);

  /** The norm of a configuration, with the parameters {@code <name>.weight} and {@code .bias}. */
  static Norm of(
      StackConfig config, OpSet ops, Parameters parameters, String name, ActivationPlan plan) {
    Parameter weight = parameters.get(name + ".weight");
    float epsilon = (float) config.normEpsilon();
    Tensor rstd = plan.savedStatistic("norm.rstd");
    return switch (config.norm()) {
      case RMSNORM -> {
        Tensor workspace =
            plan.workspace("norm.partials", RmsNorm.workspaceShape(plan.shape(config.width())));
        yield new Rms(ops.rmsNorm(), weight, epsilon, rstd, workspace);
      }
      case LAYERNORM -> {
        Tensor workspace =
            plan.workspace("norm.partials", LayerNorm.workspaceShape(plan.shape(config.width())));
        yield new Layer(
            ops.layerNorm(),
            weight,
            parameters.get(name + ".bias"),
            epsilon,
            plan.savedStatistic("norm.mean"),
            rstd,
            workspace);
      }
    };
  }

  /** By the root of the mean square. */
  record Rms(RmsNorm op, Parameter weight, float epsilon, Tensor rstd, Tensor workspace)
      implements Norm {
    @Override
    public void forward(Stream stream, Tensor y, Tensor x) {
      op.forward(
          stream, NormForward.of(y, x, epsilon).weight(weight.compute()).statistics(null, rstd));
    }

    @Override
    public void backward(Stream stream, Tensor dX, Tensor dY, @Nullable Tensor dSum, Tensor x) {
      op.backward(
          stream,
          NormBackward.of(dX, dY, x, rstd)
              .weight(weight.compute())
              .dSum(dSum)
              .gradients(weight.gradient(), null, workspace));
    }
  }

  /** By mean and variance. */
  record Layer(
      LayerNorm op,
      Parameter weight,
      Parameter bias,
      float epsilon,
      Tensor mean,
      Tensor rstd,
      Tensor workspace)
      implements Norm {
    @Override
    public void forward(Stream stream, Tensor y, Tensor x) {
      op.forward(
          stream,
          NormForward.of(y, x, epsilon)
              .weight(weight.compute())
              .bias(bias.compute())
              .statistics(mean, rstd));
    }

    @Override
    public void backward(Stream stream, Tensor dX, Tensor dY, @Nullable Tensor dSum, Tensor x) {
      op.backward(
          stream,
          NormBackward.of(dX, dY, x, rstd)
              .mean(mean)
              .weight(weight.compute())
              .dSum(dSum)
              .gradients(weight.gradient(), bias.gradient(), workspace));
    }
  }
}
