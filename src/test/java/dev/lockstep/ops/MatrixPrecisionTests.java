package dev.lockstep.ops;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Matrix products of f32 tensors on tensor cores, of real numbers. The expected numbers are exact
 * sums of products of the factors TF32 leaves; errors may be twice those of a plain fp32 sum.
 */
abstract class MatrixPrecisionTests extends OpTests {
  /**
   * Rows, width of the result, depth, in pairs that reach each path: the smallest; less than, and
   * one beyond, a vector, a fragment, a stage and a tile; depths that end within a vector and
   * within a stage, and that turn the ring of stages.
   */
  private static final int[][] SHAPES = {
    {1, 1, 1},
    {2, 7, 16},
    {7, 2, 31},
    {16, 65, 7},
    {31, 16, 127},
    {64, 64, 64},
    {65, 129, 200},
    {127, 31, 65},
    {129, 127, 2},
    {2, 200, 257},
    {200, 4, 129}
  };

  /** Rows, outputs, inputs of a layer with an activation: a ragged tile of results in each pass. */
  private static final int[] RAGGED = {37, 68, 40};

  private static final int[] RAGGED_BACK = {37, 40, 68};

  /** Rows, units, depth of a gated layer: the smallest, ragged and whole tiles, a long sum. */
  private static final int[][] GATED = {{1, 1, 1}, {64, 64, 64}, {65, 129, 200}, {7, 31, 257}};

  /** The same in tiles of 128 × 64: cut both ways, and whole. */
  private static final int[][] LARGE_GATED = {{129, 516, 260}, {128, 512, 256}};

  /** For tiles of 128 × 128: rings that turn, and one that, of rows without alignment, does not. */
  private static final int[][] LARGE = {{129, 516, 260}, {3, 513, 257}, {128, 512, 256}};

  /** Infinities; NaN as such, and with the bits to which half an ulp added would leave a zero. */
  private static final double[] SPECIAL = {
    Double.POSITIVE_INFINITY,
    Double.NEGATIVE_INFINITY,
    Double.NaN,
    Float.intBitsToFloat(0x7fffffff),
    Float.intBitsToFloat(0xffffffff)
  };

  @Override
  Stream<OpCase> cases() {
    PrecisionCases tf32 = new PrecisionCases(MatrixPrecision.TF32);
    List<OpCase> cases = new ArrayList<>();
    for (PrecisionCases each : List.of(tf32, new PrecisionCases(MatrixPrecision.TF32X3))) {
      for (int[] shape : SHAPES) {
        cases.add(each.forward(shape));
        cases.add(each.backwardInput(shape));
        cases.add(each.backwardWeight(shape));
      }
      for (Activation activation : Activation.values()) {
        cases.add(each.epilogue(RAGGED, activation));
        cases.add(each.backwardActivation(RAGGED_BACK, activation));
      }
      cases.add(each.backwardInputOfTwo());
      for (int[] shape : GATED) {
        cases.add(each.gated(shape));
      }
    }
    cases.add(PrecisionCases.ties());
    for (double special : SPECIAL) {
      cases.add(PrecisionCases.special(special));
    }
    for (int[] shape : LARGE) {
      cases.add(tf32.forward(shape));
      cases.add(tf32.backwardInput(shape));
    }
    for (int[] shape : LARGE_GATED) {
      cases.add(tf32.gated(shape));
    }
    cases.add(tf32.backwardWeight(new int[] {516, 520, 260}));
    return cases.stream();
  }

  @Override
  Stream<RowCase> rowCases() {
    PrecisionCases tf32 = new PrecisionCases(MatrixPrecision.TF32);
    return Stream.of(
        tf32.rows(67, 65),
        tf32.rows(130, 520),
        new PrecisionCases(MatrixPrecision.TF32X3).rows(130, 64));
  }
}
