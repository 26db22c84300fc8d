package dev.lockstep.profile.bench;

import dev.lockstep.numeric.DType;
import dev.lockstep.ops.FusedLinear;
import dev.lockstep.ops.GemmTile;
import dev.lockstep.ops.MatrixPrecision;
import dev.lockstep.ops.WeightParts;
import dev.lockstep.tensor.Shape;
import dev.lockstep.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * Matrix products: every pass of a linear layer in every tile there is, held to what a straight
 * loop over that tile needs. Shapes are M rows, N outputs and K inputs; gated layers have N units.
 */
final class ProductCases {
  /** Bias, statistics and what rows of tiles read once. */
  static final double LIMIT = 1.02;

  private static final double TENSOR_SHARE = 0.9;

  /** Beside a shorter sum an activation weighs more than that. */
  private static final long SHARE_DEPTH = 256;

  private static final int WARPS = 8;

  /** A shorter sum is over before its beginning and end stop showing. */
  private static final long DEPTH = 1024;

  private static final double LOOP_INSTRUCTIONS = 1.5;
  private static final double INSTRUCTIONS = 1.7;
  private static final double WIDE_INSTRUCTIONS = 1.6;

  private static final long LARGE = 128 * 128;

  private static final Shape IN_PARTS = Shape.of(4096, 512, 512);

  private ProductCases() {}

  static void add(List<BenchCase> cases, DType dtype, Shape shape) {
    for (MatrixPrecision precision : MatrixPrecision.values()) {
      if (dtype != DType.F32 && precision != MatrixPrecision.FP32) {
        continue; // Types of 16 bits have one way to multiply.
      }
      for (GemmTile tile : tiles(dtype, precision)) {
        cases.add(forward(dtype, shape, precision, tile));
        cases.add(backwardInput(dtype, shape, precision, tile));
        cases.add(backwardWeight(dtype, shape, precision, tile));
      }
    }
  }

  /** Those with kernels for a type, multiplying as they do by default. */
  static List<GemmTile> tiles(DType dtype) {
    return tiles(dtype, MatrixPrecision.FP32);
  }

  private static List<GemmTile> tiles(DType dtype, MatrixPrecision precision) {
    List<GemmTile> tiles = new ArrayList<>(List.of(GemmTile.values()));
    tiles.removeIf(tile -> !tile.takes(dtype, precision));
    return tiles;
  }

  /** For example {@code linear_tf32}. */
  private static String name(MatrixPrecision precision) {
    return precision == MatrixPrecision.FP32
        ? "linear"
        : "linear_" + precision.name().toLowerCase(Locale.ROOT);
  }

  private static ProductPasses passes(
      DType dtype, Shape shape, MatrixPrecision precision, GemmTile tile) {
    return new ProductPasses(dtype, shape, library -> new FusedLinear(library, precision, tile));
  }

  private static BenchCase forward(
      DType dtype, Shape shape, MatrixPrecision precision, GemmTile tile) {
    long m = shape.extent(0);
    long n = shape.extent(1);
    long k = shape.extent(2);
    return linear(
        name(precision),
        "forward",
        shape,
        ProductBytes.of(dtype, m, n, k),
        Tensor.bytes(dtype, Shape.of(m, n)),
        tile,
        passes(dtype, shape, precision, tile).forward());
  }

  private static BenchCase backwardInput(
      DType dtype, Shape shape, MatrixPrecision precision, GemmTile tile) {
    long m = shape.extent(0);
    long n = shape.extent(1);
    long k = shape.extent(2);
    return linear(
        name(precision),
        "backward_input",
        shape,
        ProductBytes.of(dtype, m, k, n),
        Tensor.bytes(dtype, Shape.of(m, k)),
        tile,
        passes(dtype, shape, precision, tile).backwardInput());
  }

  /** The gradient of a small weight over many rows, whose sum is taken in parts. */
  static void addParts(List<BenchCase> cases, DType dtype) {
    GemmTile tile =
        GemmTile.ofWeight(
            dtype,
            MatrixPrecision.FP32,
            IN_PARTS.extent(1),
            IN_PARTS.extent(2),
            IN_PARTS.extent(0));
    cases.add(backwardWeight(dtype, IN_PARTS, MatrixPrecision.FP32, tile));
  }

  /**
   * The gradient is read and written: it is added to. Parts are written and read once; of the two
   * kernels together, instructions are counted but held to nothing.
   */
  private static BenchCase backwardWeight(
      DType dtype, Shape shape, MatrixPrecision precision, GemmTile tile) {
    long m = shape.extent(0);
    long n = shape.extent(1);
    long k = shape.extent(2);
    ProductBytes operands = ProductBytes.of(dtype, n, k, m);
    TileShape each = TileShape.of(tile);
    long result = Tensor.bytes(DType.F32, Shape.of(n, k));
    int parts = WeightParts.in(tile, n, k, m).count();
    return new BenchCase(
        "linear",
        name(precision),
        "backward_weight",
        dtype,
        shape,
        operands.fewest() + 2 * result,
        operands.inTiles(each) + 2 * result + (parts > 1 ? 2 * parts * result : 0),
        traffic(operands, each),
        Optional.of(parts > 1 ? activated(operands, each) : limits(operands, each)),
        passes(dtype, shape, precision, tile).backwardWeight(parts));
  }

  private static BenchCase linear(
      String kernel,
      String pass,
      Shape shape,
      ProductBytes operands,
      long resultBytes,
      GemmTile tile,
      BenchCase.Plan plan) {
    return new BenchCase(
        "linear",
        kernel,
        pass,
        operands.dtype(),
        shape,
        operands.fewest() + resultBytes,
        operands.inTiles(TileShape.of(tile)) + resultBytes,
        traffic(operands, TileShape.of(tile)),
        Optional.of(limits(operands, TileShape.of(tile))),
        plan);
  }

  /** Where tiles are whole. */
  static OptionalDouble traffic(ProductBytes operands, TileShape tile) {
    return operands.isWhole(tile) ? OptionalDouble.of(LIMIT) : OptionalDouble.empty();
  }

  /** All that a product without an activation is held to. */
  static ProductLimits limits(ProductBytes operands, TileShape tile) {
    // A product of 16-bit types is 16 deep, others of fewer terms have no limit of instructions.
    boolean large = operands.dtype() != DType.F32 && tile.area() >= LARGE;
    boolean counted = operands.isWhole(tile) && operands.depth() >= DEPTH && large;
    double most = tile.area() > LARGE ? WIDE_INSTRUCTIONS : INSTRUCTIONS;
    return new ProductLimits(
        tile.label(),
        operands.flops(),
        counted ? OptionalDouble.of(most) : OptionalDouble.empty(),
        counted ? OptionalDouble.of(LOOP_INSTRUCTIONS) : OptionalDouble.empty(),
        share(operands, tile),
        WARPS);
  }

  /** What one with an activation is held to: its instructions are counted, but held to nothing. */
  static ProductLimits activated(ProductBytes operands, TileShape tile) {
    return activated(operands, tile, 1);
  }

  /** The same of several products of as many operations as this. */
  static ProductLimits activated(ProductBytes operands, TileShape tile, int products) {
    return new ProductLimits(
        tile.label(),
        products * operands.flops(),
        OptionalDouble.empty(),
        OptionalDouble.empty(),
        share(operands, tile),
        WARPS);
  }

  private static OptionalDouble share(ProductBytes operands, TileShape tile) {
    return operands.isWhole(tile) && operands.depth() >= SHARE_DEPTH
        ? OptionalDouble.of(TENSOR_SHARE)
        : OptionalDouble.empty();
  }
}
