package dev.lockstep.profile.bench;

import dev.lockstep.numeric.DType;
import dev.lockstep.ops.Activation;
import dev.lockstep.ops.Activations;
import dev.lockstep.ops.FusedLinear;
import dev.lockstep.ops.GatedTile;
import dev.lockstep.ops.GemmTile;
import dev.lockstep.ops.MatrixPrecision;
import dev.lockstep.ops.SwiGlu;
import dev.lockstep.tensor.Shape;
import dev.lockstep.tensor.Tensor;
import java.util.List;
import java.util.Optional;

/**
 * A layer with its activation in one kernel, beside the same work by our own kernels one after
 * another, with the same tiles. Training keeps what the backward pass needs, inference only the
 * output.
 */
final class FusionCases {
  private final DType dtype;
  private final Shape shape;
  private final long m;
  private final long n;
  private final long k;

  /** One tensor of M × N. */
  private final long once;

  private FusionCases(DType dtype, Shape shape) {
    this.dtype = dtype;
    this.shape = shape;
    m = shape.extent(0);
    n = shape.extent(1);
    k = shape.extent(2);
    once = Tensor.bytes(dtype, Shape.of(m, n));
  }

  static void add(List<Fusion> fusions, DType dtype, Shape shape) {
    FusionCases cases = new FusionCases(dtype, shape);
    for (boolean training : new boolean[] {false, true}) {
      ProductCases.tiles(dtype).forEach(tile -> fusions.add(cases.gelu(tile, training)));
    }
    for (boolean training : new boolean[] {false, true}) {
      for (GatedTile tile : GatedTile.values()) {
        if (tile.takes(dtype, MatrixPrecision.FP32)) {
          fusions.add(cases.swiGlu(tile, training));
        }
      }
    }
  }

  /** In training z is written by both, and read again by the second kernel of those apart. */
  private Fusion gelu(GemmTile tile, boolean training) {
    ProductBytes operands = ProductBytes.of(dtype, m, n, k);
    long written = training ? 2 * once : once;
    String kernel = "linear_gelu_erf";
    return new Fusion(
        row(
            kernel,
            name(training, "fused"),
            operands,
            written,
            TileShape.of(tile),
            (library, memory) -> {
              FusedLinear op = new FusedLinear(library, MatrixPrecision.FP32, tile);
              Tensor out = memory.zeros(dtype, m, n);
              Tensor z = training ? memory.zeros(dtype, m, n) : null;
              Tensor x = memory.normal(dtype, m, k);
              Tensor weight = memory.normal(dtype, n, k);
              return stream ->
                  op.forward(stream, out, z, x, weight, null, null, Activation.GELU_ERF);
            }),
        row(
            kernel,
            name(training, "apart"),
            operands,
            3 * once,
            TileShape.of(tile),
            (library, memory) -> {
              FusedLinear op = new FusedLinear(library, MatrixPrecision.FP32, tile);
              Activations activations = new Activations(library);
              Tensor out = memory.zeros(dtype, m, n);
              Tensor z = memory.zeros(dtype, m, n);
              Tensor x = memory.normal(dtype, m, k);
              Tensor weight = memory.normal(dtype, n, k);
              return stream -> {
                op.forward(stream, z, null, x, weight, null, null, Activation.NONE);
                activations.forward(stream, out, z, Activation.GELU_ERF);
              };
            }),
        3 * once - written);
  }

  /** In training g and u are written by both, and read again by the third kernel of those apart. */
  private Fusion swiGlu(GatedTile tile, boolean training) {
    TileShape both = TileShape.of(tile);
    TileShape alone = TileShape.of(tile.single());
    ProductBytes pair = new ProductBytes(dtype, m, n, k, 2);
    ProductBytes single = ProductBytes.of(dtype, m, n, k);
    long written = training ? 3 * once : once;
    String kernel = "swiglu";
    return new Fusion(
        row(
            kernel,
            name(training, "fused"),
            pair,
            written,
            both,
            (library, memory) -> {
              SwiGlu op = new SwiGlu(library, MatrixPrecision.FP32, tile);
              Tensor h = memory.zeros(dtype, m, n);
              Tensor gate = training ? memory.zeros(dtype, m, n) : null;
              Tensor up = training ? memory.zeros(dtype, m, n) : null;
              Tensor x = memory.normal(dtype, m, k);
              Tensor wGate = memory.normal(dtype, n, k);
              Tensor wUp = memory.normal(dtype, n, k);
              return stream ->
                  op.forward(stream, h, gate, up, x, wGate, wUp, null, null, Activation.SILU);
            }),
        new BenchCase(
            "gated",
            kernel,
            name(training, "apart"),
            dtype,
            shape,
            pair.fewest() + 5 * once,
            2 * single.inTiles(alone) + 5 * once,
            ProductCases.traffic(single, alone),
            Optional.of(ProductCases.activated(pair, both)),
            (library, memory) -> {
              FusedLinear op = new FusedLinear(library, MatrixPrecision.FP32, tile.single());
              SwiGlu gates = new SwiGlu(library);
              Tensor h = memory.zeros(dtype, m, n);
              Tensor gate = memory.zeros(dtype, m, n);
              Tensor up = memory.zeros(dtype, m, n);
              Tensor x = memory.normal(dtype, m, k);
              Tensor wGate = memory.normal(dtype, n, k);
              Tensor wUp = memory.normal(dtype, n, k);
              return stream -> {
                op.forward(stream, gate, null, x, wGate, null, null, Activation.NONE);
                op.forward(stream, up, null, x, wUp, null, null, Activation.NONE);
                gates.gluForward(stream, h, gate, up, Activation.SILU);
              };
            }),
        5 * once - written);
  }

  private BenchCase row(
      String kernel,
      String pass,
      ProductBytes operands,
      long moreBytes,
      TileShape tile,
      BenchCase.Plan plan) {
    return new BenchCase(
        operands.rights() == 2 ? "gated" : "activated",
        kernel,
        pass,
        dtype,
        shape,
        operands.fewest() + moreBytes,
        operands.inTiles(tile) + moreBytes,
        ProductCases.traffic(operands, tile),
        Optional.of(ProductCases.activated(operands, tile)),
        plan);
  }

  private static String name(boolean training, String form) {
    return (training ? "training " : "inference ") + form;
  }
}
