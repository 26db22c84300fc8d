package dev.lockstep.train;

import dev.lockstep.numeric.DType;
import dev.lockstep.ops.Labels;
import dev.lockstep.ops.MatrixPrecision;

/** The type kernels compute with. Master weights, gradients and optimizer state are always fp32. */
public enum Precision {
  /** Mixed precision: bf16 activations and weight copies, fp32 accumulation. */
  BF16("bf16", DType.BF16, MatrixPrecision.FP32),
  /**
   * Mixed precision: fp16 activations and weight copies, fp32 accumulation. What is below 2⁻²⁴ is 0
   * in fp16, so the loss is scaled.
   */
  FP16("fp16", DType.F16, MatrixPrecision.FP32),
  /** fp32 everywhere, matrix products on tensor cores with factors rounded to TF32. */
  TF32("tf32", DType.F32, MatrixPrecision.TF32),
  /** fp32 everywhere. */
  FP32("fp32", DType.F32, MatrixPrecision.FP32);

  private final String label;
  private final DType dtype;
  private final MatrixPrecision products;

  Precision(String label, DType dtype, MatrixPrecision products) {
    this.label = label;
    this.dtype = dtype;
    this.products = products;
  }

  /** The name on the command line. */
  public String label() {
    return label;
  }

  /** The type of activations. */
  public DType dtype() {
    return dtype;
  }

  /** How matrix products of f32 activations multiply. */
  public MatrixPrecision products() {
    return products;
  }

  /**
   * The precision of that {@link #label}.
   *
   * @throws IllegalArgumentException for any other; the message lists the names
   */
  public static Precision of(String label) {
    return Labels.find("precision", values(), Precision::label, label);
  }
}
