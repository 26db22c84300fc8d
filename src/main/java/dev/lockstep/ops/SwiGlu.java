package dev.lockstep.ops;

import dev.lockstep.device.Stream;
import dev.lockstep.numeric.DType;
import dev.lockstep.tensor.Rows;
import dev.lockstep.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Gated linear units: h = activation(gate) · up. {@link Activation#SILU} makes it SwiGLU, either
 * GELU GeGLU, {@link Activation#RELU} ReGLU, {@link Activation#SIGMOID} the original GLU, {@link
 * Activation#NONE} a bilinear layer; a {@link Gate} may clamp. Tensors are f32, f16 or bf16, all
 * alike; those of matrix products may be without elements, as {@link FusedLinear}'s may.
 */
public final class SwiGlu {
  private final GatedTile.Family forward;
  private final InputGradientKernel backward;
  private final KernelFamily gluForward;
  private final KernelFamily gluBackward;
  private final MatrixPrecision precision;
  private final @Nullable GatedTile forced;
  private final @Nullable LibraryLinear elsewhere;
  private final Operands operands = new Operands();

  /** Products of f32 tensors are those of {@link MatrixPrecision#FP32}. */
  public SwiGlu(KernelLibrary library) {
    this(library, MatrixPrecision.FP32);
  }

  /** Takes its kernels from {@code library}, which must stay open while this is in use. */
  public SwiGlu(KernelLibrary library, MatrixPrecision precision) {
    this(library, precision, (GatedTile) null);
  }

  /**
   * With another {@link MatrixEngine}, which needs gate and up in {@link #forward} and h in {@link
   * #backward}, to keep products in.
   *
   * @throws IllegalArgumentException when the device has none, or it has no such precision
   */
  public SwiGlu(KernelLibrary library, MatrixPrecision precision, MatrixEngine engine) {
    this(library, precision, null, engine);
  }

  /**
   * With the forward pass in tiles of one size, whatever its shape: to measure what a tile costs.
   *
   * @param forced that {@linkplain GatedTile#takes takes} the storage type; null leaves the choice
   *     to the shape
   */
  public SwiGlu(KernelLibrary library, MatrixPrecision precision, @Nullable GatedTile forced) {
    this(library, precision, forced, MatrixEngine.OWN);
  }

  private SwiGlu(
      KernelLibrary library,
      MatrixPrecision precision,
      @Nullable GatedTile forced,
      MatrixEngine engine) {
    elsewhere = engine == MatrixEngine.OWN ? null : new LibraryLinear(library, precision);
    this.precision = precision;
    this.forced = forced;
    forward = new GatedTile.Family(library, precision);
    backward = new InputGradientKernel(library, precision, null);
    gluForward = new KernelFamily(library, "glu", "glu_forward");
    gluBackward = new KernelFamily(library, "glu", "glu_backward");
  }

  /**
   * gate = x · wGateᵀ + bGate and up = x · wUpᵀ + bUp, both rounded; h = activation(gate) · up: two
   * matrix products that read x once, with nothing written between.
   *
   * <p>With gate and up, training keeps them, and h too unless {@link #backward} is to give it once
   * more; without gate and up, inference writes h alone.
   *
   * @param h [M, H], overwritten; may be left out where gate and up are there
   * @param gate [M, H], overwritten; {@link #backward} needs it
   * @param up [M, H], overwritten; {@link #backward} needs it
   * @param x [M, K]
   * @param wGate [H, K]
   * @param wUp [H, K]
   * @param bGate [H]
   * @param bUp [H]
   * @param activation any but {@link Activation#LEAKY_RELU}
   */
  public void forward(
      Stream stream,
      @Nullable Tensor h,
      @Nullable Tensor gate,
      @Nullable Tensor up,
      Tensor x,
      Tensor wGate,
      Tensor wUp,
      @Nullable Tensor bGate,
      @Nullable Tensor bUp,
      Activation activation) {
    requireGate("swiglu_forward", activation);
    if (elsewhere != null) {
      elsewhere.gatedForward(stream, h, gate, up, x, wGate, wUp, bGate, bUp, activation);
      return;
    }
    DType dtype = x.dtype();
    long m = x.shape().rows();
    long k = x.shape().cols();
    long hidden = wGate.shape().rows();
    GatedTile tile = forced == null ? GatedTile.of(dtype, precision, hidden, k) : forced;
    operands.begin(forward.of(tile, dtype));
    if (h == null && (gate == null || up == null)) {
      throw operands.refuse("h is missing; without it gate and up are both needed");
    }
    operands
        .possiblyEmpty()
        .optionalOutput("h", h, dtype, m, hidden)
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
        .checked();
    if (m > 0 && hidden > 0) {
      operands.launch(stream, tile.launch(m, hidden));
    }
  }

  /**
   * The gradients of gate and up from that of the layer that reads h, in one kernel: dH = dY ·
   * wDown, rounded, never leaves the chip; dGate = dH · up · activation′(gate) and dUp = dH ·
   * activation(gate), the bits {@link #gluBackward} would give. The gradient of x is {@link
   * FusedLinear#backwardInput(Stream, Tensor, Tensor, Tensor, Tensor, Tensor)} of both.
   *
   * @param dGate [M, H], overwritten; may be gate or up itself
   * @param dUp [M, H], overwritten; may be the other one itself
   * @param h [M, H], overwritten with the bits forward gave, for the gradient of wDown
   * @param dY [M, N], the gradient of h · wDownᵀ
   * @param wDown [N, H]
   * @param gate [M, H], as forward left it
   * @param up [M, H], as forward left it
   * @param activation the one of the forward pass
   * @param gateBias bGate's; dBias [H]
   * @param upBias bUp's; dBias [H]
   */
  public void backward(
      Stream stream,
      Tensor dGate,
      Tensor dUp,
      @Nullable Tensor h,
      Tensor dY,
      Tensor wDown,
      Tensor gate,
      Tensor up,
      Activation activation,
      @Nullable BiasGradient gateBias,
      @Nullable BiasGradient upBias) {
    requireGate("swiglu_backward", activation);
    if (elsewhere != null) {
      elsewhere.gatedBackward(
          stream, dGate, dUp, h, dY, wDown, gate, up, activation, gateBias, upBias);
      return;
    }
    backward
        .begin()
        .below(gate, activation, 0)
        .gated(up, dUp, h)
        .summed(gateBias, upBias)
        .launch(stream, "dGate", dGate, dY, wDown);
  }

  /**
   * h = activation(gate) · up, element by element, of dense tensors of any shape.
   *
   * @param h overwritten; may be gate or up itself
   * @param activation any but {@link Activation#LEAKY_RELU}
   */
  public void gluForward(Stream stream, Tensor h, Tensor gate, Tensor up, Activation activation) {
    gluForward(stream, Rows.flat(h), Rows.flat(gate), Rows.flat(up), Gate.of(activation));
  }

  /**
   * h = what {@code kind} says, row by row. Gate and up may be halves of one tensor: {@code
   * Rows.of(both).columns(0, hidden)} and {@code .columns(hidden, hidden)}.
   *
   * @param h [rows, cols], overwritten; may be gate or up itself
   * @param gate [rows, cols]
   * @param up [rows, cols]
   */
  public void gluForward(Stream stream, Rows h, Rows gate, Rows up, Gate kind) {
    DType dtype = gate.dtype();
    long rows = gate.rows();
    long cols = gate.cols();
    operands
        .begin(gluForward.of(dtype))
        .replacing("h", typed("h", h, dtype), rows, cols)
        .replaceable("gate", gate, rows, cols)
        .replaceable("up", typed("up", up, dtype), rows, cols)
        .pitch(h)
        .pitch(gate)
        .pitch(up);
    launch(stream, rows, cols, dtype, kind);
  }

  /**
   * dGate = dH · up · activation′(gate) and dUp = dH · activation(gate), of dense tensors of any
   * shape.
   *
   * @param dGate overwritten; may be an input itself
   * @param dUp overwritten; may be another input itself
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
    gluBackward(
        stream,
        Rows.flat(dGate),
        Rows.flat(dUp),
        null,
        Rows.flat(dH),
        Rows.flat(gate),
        Rows.flat(up),
        Gate.of(activation));
  }

  /**
   * The gradients of what {@code kind} says, row by row.
   *
   * @param dGate [rows, cols], overwritten; may be an input itself
   * @param dUp [rows, cols], overwritten; may be another input itself
   * @param h [rows, cols], overwritten with the bits {@code gluForward} gave, for the weight
   *     gradient of the layer that reads it; may be a third input itself
   * @param dH [rows, cols], the gradient of h
   * @param gate [rows, cols]
   * @param up [rows, cols]
   * @param kind the one of the forward pass
   */
  public void gluBackward(
      Stream stream,
      Rows dGate,
      Rows dUp,
      @Nullable Rows h,
      Rows dH,
      Rows gate,
      Rows up,
      Gate kind) {
    DType dtype = gate.dtype();
    long rows = gate.rows();
    long cols = gate.cols();
    operands
        .begin(gluBackward.of(dtype))
        .replacing("dGate", typed("dGate", dGate, dtype), rows, cols)
        .replacing("dUp", typed("dUp", dUp, dtype), rows, cols)
        .optionalReplacing("h", h == null ? null : typed("h", h, dtype), rows, cols)
        .replaceable("dH", typed("dH", dH, dtype), rows, cols)
        .replaceable("gate", gate, rows, cols)
        .replaceable("up", typed("up", up, dtype), rows, cols)
        .pitch(dGate)
        .pitch(dUp)
        .pitch(h)
        .pitch(dH)
        .pitch(gate)
        .pitch(up);
    launch(stream, rows, cols, dtype, kind);
  }

  private void launch(Stream stream, long rows, long cols, DType dtype, Gate kind) {
    operands
        .int64(rows)
        .int64(cols)
        .int32(kind.code())
        .float32(kind.alpha())
        .float32(kind.limit())
        .checked()
        .launch(stream, PointwiseLaunch.of(rows, cols, dtype).launch());
  }

  private Rows typed(String name, Rows tensor, DType dtype) {
    if (tensor.dtype() != dtype) {
      throw operands.refuse(
          "%s is %s; %s is needed", name, tensor.dtype().suffix(), dtype.suffix());
    }
    return tensor;
  }

  private static void requireGate(String op, Activation activation) {
    if (activation == Activation.LEAKY_RELU) {
      throw new IllegalArgumentException(
          op + ": activation leaky_relu has a slope, which a gate does not take");
    }
  }
}
