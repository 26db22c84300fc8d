package dev.lockstep.profile.bench;

import dev.lockstep.numeric.DType;
import dev.lockstep.ops.Activation;
import dev.lockstep.ops.FusedLinear;
import dev.lockstep.ops.KernelLibrary;
import dev.lockstep.tensor.Shape;
import dev.lockstep.tensor.Tensor;
import java.util.function.Function;

/**
 * The passes of a linear layer, whoever multiplies: M rows, N outputs and K inputs.
 *
 * @param op makes the layer that is measured
 */
record ProductPasses(DType dtype, Shape shape, Function<KernelLibrary, FusedLinear> op) {
  long m() {
    return shape.extent(0);
  }

  long n() {
    return shape.extent(1);
  }

  long k() {
    return shape.extent(2);
  }

  BenchCase.Plan forward() {
    return (library, memory) -> {
      FusedLinear linear = op.apply(library);
      Tensor out = memory.zeros(dtype, m(), n());
      Tensor x = memory.normal(dtype, m(), k());
      Tensor weight = memory.normal(dtype, n(), k());
      return stream -> linear.forward(stream, out, null, x, weight, null, null, Activation.NONE);
    };
  }

  /** As in training: z is kept. */
  BenchCase.Plan biasGelu() {
    return (library, memory) -> {
      FusedLinear linear = op.apply(library);
      Tensor out = memory.zeros(dtype, m(), n());
      Tensor z = memory.zeros(dtype, m(), n());
      Tensor x = memory.normal(dtype, m(), k());
      Tensor weight = memory.normal(dtype, n(), k());
      Tensor bias = memory.normal(dtype, n());
      return stream -> linear.forward(stream, out, z, x, weight, bias, null, Activation.GELU_TANH);
    };
  }

  BenchCase.Plan backwardInput() {
    return (library, memory) -> {
      FusedLinear linear = op.apply(library);
      Tensor dX = memory.zeros(dtype, m(), k());
      Tensor dY = memory.normal(dtype, m(), n());
      Tensor weight = memory.normal(dtype, n(), k());
      return stream -> linear.backwardInput(stream, dX, dY, weight);
    };
  }

  /**
   * The gradient is added to.
   *
   * @param parts side by side that the sum is taken in
   */
  BenchCase.Plan backwardWeight(int parts) {
    return (library, memory) -> {
      FusedLinear linear = op.apply(library);
      Tensor dWeight = memory.zeros(DType.F32, n(), k());
      Tensor dY = memory.normal(dtype, m(), n());
      Tensor x = memory.normal(dtype, m(), k());
      Tensor workspace = parts > 1 ? memory.zeros(DType.F32, parts, n(), k()) : null;
      return stream -> linear.backwardWeight(stream, dWeight, dY, x, workspace);
    };
  }
}
