package dev.lockstep.nn;

import dev.lockstep.device.Stream;
import dev.lockstep.numeric.DType;
import dev.lockstep.ops.Cast;
import dev.lockstep.tensor.Shape;
import dev.lockstep.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/** Numbers of a row as they are, rounded to the type kernels compute with: [B, F]. */
final class Features implements InputLayer {
  private final Tensor input; // f32 [B, F]
  private final Tensor out; // [B, F]; the input itself where kernels compute in f32
  private final @Nullable Cast cast;

  Features(ClassifierConfig config, OpSet ops, ActivationPlan plan) {
    boolean rounded = plan.dtype() != DType.F32;
    input = plan.tensor(DType.F32, Shape.of(plan.rows(), config.features()));
    out = rounded ? plan.output(config.features()) : input;
    cast = rounded ? new Cast(ops.library()) : null;
  }

  @Override
  public String name() {
    return "features";
  }

  @Override
  public Tensor input() {
    return input;
  }

  @Override
  public Tensor output() {
    return out;
  }

  @Override
  public void forward(Stream stream) {
    if (cast != null) {
      cast.cast(stream, out, input);
    }
  }

  /** Nobody asks for the gradient of what is given. */
  @Override
  public void backward(Stream stream, Linear in, Tensor dX) {}

  @Override
  public void reset(Stream stream) {}

  @Override
  public void check(Stream stream) {}
}
