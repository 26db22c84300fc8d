package dev.lockstep.ops;

import dev.lockstep.numeric.DType;
import java.util.Arrays;
import java.util.stream.Stream;

/**
 * The fused linear layer on whole numbers, where fp32 sums are exact: every element must be the
 * true one, rounded once.
 */
abstract class LinearTests extends OpTests {
  /**
   * Rows, outputs, depth: the smallest; one short of, exactly, and one past the 64 × 64 tile;
   * depths without any vector, with 16-byte vectors but ragged, and longer than a pipeline of
   * tiles; outputs that fill a stage of a sum whose width is cut, where copies end with the matrix.
   */
  private static final int[][] SHAPES = {
    {1, 1, 1},
    {1, 65, 63},
    {63, 16, 65},
    {64, 64, 64},
    {65, 40, 72},
    {129, 63, 1},
    {3, 130, 515},
    {5, 64, 72}
  };

  private static final int[] ODD_WIDTH = {130, 513, 328};

  /**
   * For the tiles of 128 × 128, and the ways their loop can go: whole tiles and a ring of stages
   * that turns twice; one row and cut columns; an odd width, whose rows are not aligned, and a
   * depth that ends within a stage; an odd depth, whose rows are not either, so that it never
   * turns; whole stages of which a cut width leaves the last ones for checked copies, and warps
   * that finish whole parts of a tile beside others that do not.
   */
  private static final int[][] LARGE = {
    {128, 512, 256}, {1, 520, 264}, ODD_WIDTH, {129, 520, 257}, {72, 520, 256}
  };

  /**
   * The same for tiles of 128 × 256, which no shape this small is given by itself: in the same ways
   * through the loop, with whole and cut, aligned and unaligned tiles; with and without a stage
   * that is left after whole turns of a ring of two, alone and before one that the depth ends
   * within.
   */
  private static final int[][] WIDE = {
    {128, 256, 192}, {128, 256, 256}, {1, 264, 264}, ODD_WIDTH, {129, 264, 257}, {72, 264, 256}
  };

  private static final LinearCases F32 = new LinearCases(DType.F32, null);
  private static final LinearCases F16 = new LinearCases(DType.F16, null);
  private static final LinearCases BF16 = new LinearCases(DType.BF16, null);
  private static final LinearCases WIDE_F16 = new LinearCases(DType.F16, GemmTile.WIDE);
  private static final LinearCases WIDE_BF16 = new LinearCases(DType.BF16, GemmTile.WIDE);

  @Override
  Stream<OpCase> cases() {
    return Stream.of(
            Stream.of(F32, F16, BF16).flatMap(linear -> shapes(SHAPES, linear::passes)),
            shapes(LARGE, BF16::passesOfResult),
            shapes(new int[][] {ODD_WIDTH}, F16::passesOfResult),
            shapes(WIDE, WIDE_BF16::passesOfResult),
            shapes(new int[][] {ODD_WIDTH}, WIDE_F16::passesOfResult),
            inParts())
        .flatMap(cases -> cases);
  }

  private interface Passes {
    Stream<OpCase> of(int rows, int width, int depth);
  }

  private static Stream<OpCase> shapes(int[][] shapes, Passes passes) {
    return Arrays.stream(shapes).flatMap(shape -> passes.of(shape[0], shape[1], shape[2]));
  }

  /**
   * Rows enough for several parts of a sum, the last of which is shorter: elements that come in
   * fours and that do not; in each of the tiles.
   */
  private static Stream<OpCase> inParts() {
    return Stream.of(
        F32.weightInParts(1030, 5, 7),
        F32.weightInParts(1030, 68, 9),
        F16.weightInParts(1100, 65, 40),
        BF16.weightInParts(1600, 63, 33),
        new LinearCases(DType.BF16, GemmTile.LARGE).weightInParts(2100, 130, 72),
        WIDE_BF16.weightInParts(2056, 8, 264));
  }

  @Override
  Stream<RowCase> rowCases() {
    return Stream.of(
        F32.rows(67, 65),
        F32.rows(130, 64),
        F16.rows(67, 65),
        F16.rows(130, 64),
        BF16.rows(67, 65),
        BF16.rows(130, 64),
        BF16.rows(130, 520),
        WIDE_BF16.rows(130, 264));
  }
}
