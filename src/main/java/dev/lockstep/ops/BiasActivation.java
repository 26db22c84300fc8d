package dev.lockstep.ops;

import dev.lockstep.device.Stream;
import dev.lockstep.numeric.DType;
import dev.lockstep.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * What a linear layer does to its product, elementwise, for products that another library computed.
 * Tensors are f32, f16 or bf16, all alike. With the same z the bits are those of {@link
 * FusedLinear#forward}.
 */
public final class BiasActivation {
  private final KernelFamily forward;
  private final Operands operands = new Operands();

  /** Takes its kernels from {@code library}, which must stay open while this is in use. */
  public BiasActivation(KernelLibrary library) {
    forward = new KernelFamily(library, "bias_activation", "bias_activation_forward");
  }

  /**
   * preActivation = scale · z + bias, rounded; out = activation(preActivation) + residual, rounded.
   *
   * @param out [M, N], overwritten; may be z itself where there is no preActivation
   * @param preActivation [M, N], overwritten; may be z itself
   * @param z [M, N]
   * @param bias [N]
   * @param residual [M, N]
   * @param slope of {@link Activation#LEAKY_RELU}; no other activation has one
   * @param scale one f32 in device memory; 1 where there is none
   */
  public void forward(
      Stream stream,
      Tensor out,
      @Nullable Tensor preActivation,
      Tensor z,
      @Nullable Tensor bias,
      @Nullable Tensor residual,
      Activation activation,
      float slope,
      @Nullable Tensor scale) {
    DType dtype = z.dtype();
    long m = z.shape().rows();
    long n = z.shape().cols();
    operands
        .begin(forward.of(dtype))
        .replacing("out", out, dtype, m, n)
        .optionalReplacing("preActivation", preActivation, dtype, m, n)
        .replaceable("z", z, dtype, m, n)
        .optionalInput("bias", bias, dtype, n)
        .optionalInput("residual", residual, dtype, m, n)
        .optionalInput("scale", scale, DType.F32, 1)
        .int64(m)
        .int64(n)
        .int32(activation.code())
        .float32(slope)
        .checked()
        .launch(stream, PointwiseLaunch.of(m, n, dtype).launch());
  }
}
