package dev.lockstep.profile.bench;

import dev.lockstep.numeric.DType;
import dev.lockstep.ops.FusedLinear;
import dev.lockstep.ops.GemmTile;
import dev.lockstep.ops.LinearCrossEntropy;
import dev.lockstep.ops.LinearCrossEntropy.Gradients;
import dev.lockstep.ops.LinearCrossEntropy.Inputs;
import dev.lockstep.ops.LogitChunks;
import dev.lockstep.ops.MatrixPrecision;
import dev.lockstep.ops.SoftmaxCrossEntropy;
import dev.lockstep.ops.SoftmaxCrossEntropy.Options;
import dev.lockstep.ops.SoftmaxCrossEntropy.Outputs;
import dev.lockstep.ops.StatusWord;
import dev.lockstep.tensor.Shape;
import dev.lockstep.tensor.Tensor;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * The loss of a linear layer's logits in two chunks, half of them being there at once: M rows, N
 * classes, K inputs.
 */
final class HeadCases {
  private static final int CHUNKS = 2;

  /** A block has one row at a time: of its target and its loss it moves a sector each. */
  private static final int ROW_BYTES = 2 * Traffic.SECTOR;

  private HeadCases() {}

  static void add(List<BenchCase> cases, DType dtype, Shape shape) {
    for (GemmTile tile : ProductCases.tiles(dtype)) {
      cases.add(row("forward", dtype, shape, tile, false));
      cases.add(row("forward+backward", dtype, shape, tile, true));
    }
  }

  private static BenchCase row(
      String pass, DType dtype, Shape shape, GemmTile tile, boolean training) {
    long m = shape.extent(0);
    long n = shape.extent(1);
    long k = shape.extent(2);
    long budget = Math.ceilDiv(m, (long) CHUNKS) * n * dtype.byteSize();
    LogitChunks chunks = LogitChunks.of(m, n, dtype, budget);
    ProductBytes whole = ProductBytes.of(dtype, m, n, k);
    long dX = Tensor.bytes(dtype, Shape.of(m, k));
    long dWeight = 2 * Tensor.bytes(DType.F32, Shape.of(n, k));
    long planned = m * ROW_BYTES;
    boolean aligned = true;
    for (long first = 0; first < m; first += chunks.chunkRows()) {
      long rows = Math.min(chunks.chunkRows(), m - first);
      ProductBytes forward = ProductBytes.of(dtype, rows, n, k);
      ProductBytes input = ProductBytes.of(dtype, rows, k, n);
      ProductBytes weight = ProductBytes.of(dtype, n, k, rows);
      Shape logits = Shape.of(rows, n);
      // Written by the product, read by the loss, which in training writes their gradient there.
      planned += forward.inTiles(TileShape.of(tile)) + Tensor.bytes(dtype, logits);
      planned += (training ? LossCases.moves(logits, dtype) : 1) * Tensor.bytes(dtype, logits);
      aligned &= forward.isWhole(TileShape.of(tile));
      if (training) {
        planned += input.inTiles(TileShape.of(tile)) + weight.inTiles(TileShape.of(tile)) + dWeight;
        aligned &= input.isWhole(TileShape.of(tile)) && weight.isWhole(TileShape.of(tile));
      }
    }
    return new BenchCase(
        "head",
        "linear_cross_entropy",
        pass,
        dtype,
        shape,
        whole.fewest() + (training ? dX + dWeight : 0),
        planned + (training ? dX : 0),
        aligned ? OptionalDouble.of(ProductCases.LIMIT) : OptionalDouble.empty(),
        Optional.of(ProductCases.activated(whole, TileShape.of(tile), training ? 3 : 1)),
        plan(dtype, shape, tile, chunks, training));
  }

  private static BenchCase.Plan plan(
      DType dtype, Shape shape, GemmTile tile, LogitChunks chunks, boolean training) {
    long m = shape.extent(0);
    long n = shape.extent(1);
    long k = shape.extent(2);
    return (library, memory) -> {
      LinearCrossEntropy op =
          new LinearCrossEntropy(
              new FusedLinear(library, MatrixPrecision.FP32, tile),
              new SoftmaxCrossEntropy(library));
      Outputs outputs = Outputs.of(memory.zeros(DType.F32, m));
      Tensor workspace = memory.zeros(dtype, chunks.workspaceShape().extents());
      Inputs inputs =
          new Inputs(
              memory.normal(dtype, m, k),
              memory.normal(dtype, n, k),
              null,
              memory.indices(m, n),
              null);
      StatusWord status = memory.status();
      Options options = Options.defaults();
      if (!training) {
        return stream -> op.forward(stream, outputs, inputs, options, chunks, workspace, status);
      }
      Gradients gradients =
          new Gradients(
              memory.zeros(dtype, m, k),
              memory.zeros(DType.F32, n, k),
              null,
              memory.scalar(1f / m),
              null);
      return stream ->
          op.fused(stream, outputs, gradients, inputs, options, chunks, workspace, status);
    };
  }
}
