package dev.lockstep.ops;

import dev.lockstep.device.Kernel;
import dev.lockstep.device.Stream;
import dev.lockstep.numeric.DType;
import dev.lockstep.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Gated linear units: h = activation(gate) · up. {@link Activation#SILU} makes it SwiGLU, either
 * GELU GeGLU, {@link Activation#RELU} ReGLU, {@link Activation#SIGMOID} the original GLU, {@link
 * Activation#NONE} a bilinear layer. Tensors are f32, f16 or bf16, all alike.
 */
public final class SwiGlu {
  private final KernelFamily forward;
  private final KernelFamily gluForward;
  private final KernelFamily gluBackward;
  private final Operands operands = new Operands();

  public SwiGlu(KernelLibrary library) {
    forward = new KernelFamily(library, "swiglu", "swiglu_forward");
    gluForward = new KernelFamily(library, "swiglu", "glu_forward");
    gluBackward = new KernelFamily(library, "swiglu", "glu_backward");
  }

  /**
   * gate = x · wGateᵀ + bGate and up = x · wUpᵀ + bUp, both rounded; h = activation(gate) · up: two
   * matrix products that read x once, with nothing written between.
   *
   * @param h [M, H], overwritten
   * @param gate [M, H], overwritten; {@link #gluBackward} needs it
   * @param up [M, H], overwritten; {@link #gluBackward} needs it
   * @param x [M, K]
   * @param wGate [H, K]
   * @param wUp [H, K]
   * @param bGate [H]
   * @param bUp [H]
   * @param activation any but {@link Activation#LEAKY_RELU}
   */
  public void forward(
      Stream stream,
      Tensor h,
      @Nullable Tensor gate,
      @Nullable Tensor up,
      Tensor x,
      Tensor wGate,
      Tensor wUp,
      @Nullable Tensor bGate,
      @Nullable Tensor bUp,
      Activation activation) {
    DType dtype = x.dtype();
    long m = x.shape().rows();
    long k = x.shape().cols();
    long hidden = wGate.shape().rows();
    begin(forward.of(dtype), activation)
        .output("h", h, dtype, m, hidden)
        .optionalOutput("gate", gate, dtype, m, hidden)
        .optionalOutput("up", up, dtype, m, hidden)
        .input("x", x, dtype, m, k)
        .input("wGate", wGate, dtype, hidden, k)
        .input("wUp", wUp, dtype, hidden, k)
        .optionalInput("bGate", bGate, dtype, hidden)
        .optionalInput("bUp", bUp, dtype, hidden)
        .int64(m)
        .int64(hidden)
        .int64(k)
        .int32(activation.code())
        .checked()
        .launch(stream, GemmLaunch.of(GemmTile.SMALL, m, hidden).launch());
  }

  /**
   * h = activation(gate) · up, element by element.
   *
   * @param h overwritten
   * @param activation any but {@link Activation#LEAKY_RELU}
   */
  public void gluForward(Stream stream, Tensor h, Tensor gate, Tensor up, Activation activation) {
    DType dtype = gate.dtype();
    long n = gate.count();
    begin(gluForward.of(dtype), activation)
        .output("h", h, dtype, n)
        .input("gate", gate, dtype, n)
        .input("up", up, dtype, n)
        .int64(n)
        .int32(activation.code())
        .checked()
        .launch(stream, ElementwiseLaunch.of(n).launch());
  }

  /**
   * dGate = dH · up · activation′(gate) and dUp = dH · activation(gate).
   *
   * @param dGate overwritten; may be gate itself
   * @param dUp overwritten; may be up itself
   * @param dH the gradient of h
   * @param activation the one of the forward pass
   */
  public void gluBackward(
      Stream stream,
      Tensor dGate,
      Tensor dUp,
      Tensor dH,
      Tensor gate,
      Tensor up,
      Activation activation) {
    DType dtype = gate.dtype();
    long n = gate.count();
    begin(gluBackward.of(dtype), activation)
        .replacing("dGate", dGate, dtype, n)
        .replacing("dUp", dUp, dtype, n)
        .input("dH", dH, dtype, n)
        .replaceable("gate", gate, dtype, n)
        .replaceable("up", up, dtype, n)
        .int64(n)
        .int32(activation.code())
        .checked()
        .launch(stream, ElementwiseLaunch.of(n).launch());
  }

  private Operands begin(Kernel kernel, Activation activation) {
    operands.begin(kernel);
    if (activation == Activation.LEAKY_RELU) {
      throw operands.refuse("activation leaky_relu has a slope, which a gate does not take");
    }
    return operands;
  }
}
