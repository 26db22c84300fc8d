package dev.lockstep.profile.bench;

import dev.lockstep.device.FusedProducts;
import dev.lockstep.device.MatrixProduct;
import dev.lockstep.numeric.DType;
import dev.lockstep.ops.Activation;
import dev.lockstep.ops.BiasActivation;
import dev.lockstep.ops.FusedLinear;
import dev.lockstep.ops.KernelLibrary;
import dev.lockstep.ops.MatrixEngine;
import dev.lockstep.ops.MatrixPrecision;
import dev.lockstep.tensor.Shape;
import dev.lockstep.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Function;

/**
 * The passes of a linear layer by the device's own library of matrix products, to compare ours
 * with; and with bias and GELU, where our elementwise kernel follows the product, beside our own in
 * one kernel and in two.
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
      cases.addAll(all.passes());
      cases.addAll(all.biasGelu());
    }
  }

  private List<BenchCase> passes() {
    ProductPasses passes =
        passes(library -> new FusedLinear(library, precision, MatrixEngine.LIBRARY));
    String kernel = MatrixEngine.LIBRARY.label() + suffix();
    return List.of(
        planned(
            kernel,
            "forward",
            ProductBytes.of(dtype, m, n, k),
            Tensor.bytes(dtype, Shape.of(m, n)),
            passes.forward()),
        planned(
            kernel,
            "backward_input",
            ProductBytes.of(dtype, m, k, n),
            Tensor.bytes(dtype, Shape.of(m, k)),
            passes.backwardInput()),
        planned(
            kernel,
            "backward_weight",
            ProductBytes.of(dtype, n, k, m),
            2 * Tensor.bytes(DType.F32, Shape.of(n, k)),
            passes.backwardWeight(1)));
  }

  /**
   * A layer with bias and GELU: ours in one kernel, ours in two, the library's product and our
   * kernel, and all of it by the library.
   */
  private List<BenchCase> biasGelu() {
    List<BenchCase> cases = new ArrayList<>();
    cases.add(
        biasGelu("linear", passes(library -> new FusedLinear(library, precision)).biasGelu()));
    cases.add(biasGelu("apart", this::apart));
    cases.add(
        biasGelu(
            MatrixEngine.LIBRARY.label(),
            passes(library -> new FusedLinear(library, precision, MatrixEngine.LIBRARY))
                .biasGelu()));
    if (n % KEPT_MULTIPLE == 0) {
      cases.add(biasGelu(FUSED, this::fused));
    }
    return cases;
  }

  private ProductPasses passes(Function<KernelLibrary, FusedLinear> op) {
    return new ProductPasses(dtype, shape, op);
  }

  /** z is kept, as in training. */
  private BenchCase biasGelu(String by, BenchCase.Plan plan) {
    return planned(
        by + suffix() + "_bias_gelu_tanh",
        "forward",
        ProductBytes.of(dtype, m, n, k),
        2 * Tensor.bytes(dtype, Shape.of(m, n)) + Tensor.bytes(dtype, Shape.of(n)),
        plan);
  }

  private BenchCase.Pass apart(KernelLibrary library, CaseMemory memory) {
    FusedLinear op = new FusedLinear(library, precision);
    BiasActivation finish = new BiasActivation(library);
    Tensor out = memory.zeros(dtype, m, n);
    Tensor z = memory.zeros(dtype, m, n);
    Tensor x = memory.normal(dtype, m, k);
    Tensor weight = memory.normal(dtype, n, k);
    Tensor bias = memory.normal(dtype, n);
    return stream -> {
      op.forward(stream, z, null, x, weight, null, null, Activation.NONE);
      finish.forward(stream, out, z, z, bias, null, Activation.GELU_TANH, 0, null);
    };
  }

  private BenchCase.Pass fused(KernelLibrary library, CaseMemory memory) {
    MatrixProduct product =
        new MatrixProduct(
            dtype, dtype, precision == MatrixPrecision.TF32, m, n, k, false, true, false);
    FusedProducts products = memory.fusedProducts();
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
                "",
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
