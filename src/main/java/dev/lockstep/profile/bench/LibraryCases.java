package dev.lockstep.profile.bench;

import dev.lockstep.device.FusedProducts;
import dev.lockstep.device.MatrixProduct;
import dev.lockstep.numeric.DType;
import dev.lockstep.ops.Activation;
import dev.lockstep.ops.FusedLinear;
import dev.lockstep.ops.MatrixEngine;
import dev.lockstep.ops.MatrixPrecision;
import dev.lockstep.tensor.Shape;
import dev.lockstep.tensor.Tensor;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * The passes of a linear layer by the device's own library of matrix products, to compare ours
 * with; and with bias and GELU, where our elementwise kernel follows the product.
 */
final class LibraryCases {
  /** Only devices with such a library run these. */
  static final String GROUP = "library";

  /** Of kernels that need the library with fused products. */
  static final String FUSED = "cublasLt";

  /** cublasLt keeps z in rows of so many elements, or a multiple. */
  private static final int KEPT_MULTIPLE = 8;

  private final DType dtype;
  private final MatrixPrecision precision;
  private final Shape shape;
  private final long m;
  private final long n;
  private final long k;

  private LibraryCases(DType dtype, MatrixPrecision precision, Shape shape) {
    this.dtype = dtype;
    this.precision = precision;
    this.shape = shape;
    m = shape.extent(0);
    n = shape.extent(1);
    k = shape.extent(2);
  }

  static void add(List<BenchCase> cases, DType dtype, Shape shape) {
    for (MatrixPrecision precision : List.of(MatrixPrecision.FP32, MatrixPrecision.TF32)) {
      if (dtype != DType.F32 && precision != MatrixPrecision.FP32) {
        continue; // Types of 16 bits have one way to multiply.
      }
      LibraryCases all = new LibraryCases(dtype, precision, shape);
      cases.add(all.forward());
      cases.add(all.backwardInput());
      cases.add(all.backwardWeight());
      cases.add(all.biasGelu());
      if (shape.extent(1) % KEPT_MULTIPLE == 0) {
        cases.add(all.fusedBiasGelu());
      }
    }
  }

  private BenchCase forward() {
    return row(
        "",
        "forward",
        ProductBytes.of(dtype, m, n, k),
        Tensor.bytes(dtype, Shape.of(m, n)),
        (op, memory) -> {
          Tensor out = memory.zeros(dtype, m, n);
          Tensor x = memory.normal(dtype, m, k);
          Tensor weight = memory.normal(dtype, n, k);
          return stream -> op.forward(stream, out, null, x, weight, null, null, Activation.NONE);
        });
  }

  private BenchCase backwardInput() {
    return row(
        "",
        "backward_input",
        ProductBytes.of(dtype, m, k, n),
        Tensor.bytes(dtype, Shape.of(m, k)),
        (op, memory) -> {
          Tensor dX = memory.zeros(dtype, m, k);
          Tensor dY = memory.normal(dtype, m, n);
          Tensor weight = memory.normal(dtype, n, k);
          return stream -> op.backwardInput(stream, dX, dY, weight);
        });
  }

  private BenchCase backwardWeight() {
    return row(
        "",
        "backward_weight",
        ProductBytes.of(dtype, n, k, m),
        2 * Tensor.bytes(DType.F32, Shape.of(n, k)),
        (op, memory) -> {
          Tensor dWeight = memory.zeros(DType.F32, n, k);
          Tensor dY = memory.normal(dtype, m, n);
          Tensor x = memory.normal(dtype, m, k);
          return stream -> op.backwardWeight(stream, dWeight, dY, x);
        });
  }

  /** As in training: z is kept. */
  private BenchCase biasGelu() {
    return row(
        "_bias_gelu_tanh",
        "forward",
        ProductBytes.of(dtype, m, n, k),
        2 * Tensor.bytes(dtype, Shape.of(m, n)) + Tensor.bytes(dtype, Shape.of(n)),
        (op, memory) -> {
          Tensor out = memory.zeros(dtype, m, n);
          Tensor z = memory.zeros(dtype, m, n);
          Tensor x = memory.normal(dtype, m, k);
          Tensor weight = memory.normal(dtype, n, k);
          Tensor bias = memory.normal(dtype, n);
          return stream -> op.forward(stream, out, z, x, weight, bias, null, Activation.GELU_TANH);
        });
  }

  /** The same in one launch of the library. */
  private BenchCase fusedBiasGelu() {
    MatrixProduct product =
        new MatrixProduct(
            dtype, dtype, precision == MatrixPrecision.TF32, m, n, k, false, true, false);
    ProductBytes operands = ProductBytes.of(dtype, m, n, k);
    return planned(
        FUSED + suffix() + "_bias_gelu_tanh",
        "forward",
        operands,
        2 * Tensor.bytes(dtype, Shape.of(m, n)) + Tensor.bytes(dtype, Shape.of(n)),
        (library, memory) -> {
          FusedProducts products = library.fusedProducts();
          Tensor out = memory.zeros(dtype, m, n);
          Tensor z = memory.zeros(dtype, m, n);
          Tensor x = memory.normal(dtype, m, k);
          Tensor weight = memory.normal(dtype, n, k);
          Tensor bias = memory.normal(dtype, n);
          return stream ->
              stream.biasGelu(
                  products,
                  product,
                  x.address(),
                  weight.address(),
                  bias.address(),
                  z.address(),
                  out.address());
        });
  }

  private interface Operands {
    BenchCase.Pass of(FusedLinear op, CaseMemory memory);
  }

  private BenchCase row(
      String what, String pass, ProductBytes operands, long resultBytes, Operands plan) {
    return planned(
        MatrixEngine.LIBRARY.label() + suffix() + what,
        pass,
        operands,
        resultBytes,
        (library, memory) ->
            plan.of(new FusedLinear(library, precision, MatrixEngine.LIBRARY), memory));
  }

  private BenchCase planned(
      String kernel, String pass, ProductBytes operands, long resultBytes, BenchCase.Plan plan) {
    long bytes = operands.fewest() + resultBytes;
    return new BenchCase(
        GROUP,
        kernel,
        pass,
        dtype,
        shape,
        bytes,
        bytes,
        OptionalDouble.empty(),
        Optional.of(
            new ProductLimits(
                GROUP,
                operands.flops(),
                OptionalDouble.empty(),
                OptionalDouble.empty(),
                OptionalDouble.empty(),
                0)),
        plan);
  }

  private String suffix() {
    return precision == MatrixPrecision.FP32 ? "" : "_" + precision.name().toLowerCase(Locale.ROOT);
  }
}
