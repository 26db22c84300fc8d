package dev.lockstep.ops;

import static dev.lockstep.numeric.DType.BF16;
import static dev.lockstep.numeric.DType.F16;
import static dev.lockstep.numeric.DType.F32;

import dev.lockstep.numeric.DType;
import dev.lockstep.ops.SwiGluTests.Kept;
import dev.lockstep.ops.SwiGluTests.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Gated layers in every type and tile, and linear ones of f32 on tensor cores, over all pairs of
 * extents; {@link GemmTests} does that for linear layers of every type.
 */
@Tag("sweep")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ProductSweepTests {
  /** Where there are two tiles, in turn in that of the shape's choice and in the large one. */
  private static final List<List<Kind>> GATED =
      List.of(
          List.of(new Kind(F32, MatrixPrecision.FP32, null)),
          inTiles(F32, MatrixPrecision.TF32),
          List.of(new Kind(F32, MatrixPrecision.TF32X3, null)),
          inTiles(F16, MatrixPrecision.FP32),
          inTiles(BF16, MatrixPrecision.FP32));

  private OpBench bench;

  @BeforeAll
  void open() {
    bench = new OpBench(SimulatedDevices.open(2));
  }

  @AfterAll
  void close() {
    bench.close();
  }

  /** Forwards and backwards, with every activation, in turn. */
  static Stream<Arguments> gatedLayers() {
    Activation[] activations = SwiGluTests.ACTIVATIONS;
    return pairs(
        GATED.size(),
        (kind, turn, shape) -> {
          int m = shape[0];
          int hidden = shape[1];
          int depth = shape[2];
          List<Kind> tiles = GATED.get(kind);
          Kind one = tiles.get(turn / 4 % tiles.size());
          Activation activation = activations[turn % activations.length];
          return turn / 2 % 2 == 0
              ? SwiGluTests.fused(one, m, hidden, depth, activation, Kept.values()[turn / 8 % 3])
              : SwiGluTests.fusedBackward(one, m, depth, hidden, activation, turn / 8 % 3 != 0);
        });
  }

  @ParameterizedTest
  @MethodSource("gatedLayers")
  void gatedLayersAreRightForEveryPairOfExtents(OpCase op, int shift) {
    OpTests.assertNumbers(op, OpTests.run(bench, op, shift));
  }

  static Stream<Arguments> layersOnTensorCores() {
    Activation[] activations = Activation.values();
    return pairs(
        3,
        (kind, turn, shape) -> {
          PrecisionCases cases =
              new PrecisionCases(turn / 2 % 2 == 0 ? MatrixPrecision.TF32 : MatrixPrecision.TF32X3);
          Activation activation = activations[turn % activations.length];
          return switch (kind) {
            case 0 -> cases.backwardWeight(shape);
            case 1 -> cases.epilogue(shape, activation);
            default -> cases.backwardActivation(shape, activation);
          };
        });
  }

  @ParameterizedTest
  @MethodSource("layersOnTensorCores")
  void layersOfF32OnTensorCoresAreRightForEveryPairOfExtents(OpCase op, int shift) {
    OpTests.assertNumbers(op, OpTests.run(bench, op, shift));
  }

  private interface Maker {
    OpCase of(int kind, int turn, int[] shape);
  }

  /**
   * For each kind of case every two extents, in two places of the shape in turn, a short third
   * beside them; at addresses without alignment every fifth time.
   */
  private static Stream<Arguments> pairs(int kinds, Maker maker) {
    int[] extents = GemmTests.EXTENTS;
    List<Arguments> cases = new ArrayList<>();
    for (int kind = 0; kind < kinds; kind++) {
      int turn = kind;
      for (int i = 0; i < extents.length; i++) {
        for (int j = i; j < extents.length; j++) {
          int one = extents[turn % 2 == 0 ? i : j];
          int other = extents[turn % 2 == 0 ? j : i];
          int third = extents[turn % 5];
          int[] shape =
              switch (turn % 3) {
                case 0 -> new int[] {one, other, third};
                case 1 -> new int[] {one, third, other};
                default -> new int[] {third, one, other};
              };
          cases.add(Arguments.of(maker.of(kind, turn, shape), turn % 5 == 0 ? 1 : 0));
          turn++;
        }
      }
    }
    return cases.stream();
  }

  private static List<Kind> inTiles(DType dtype, MatrixPrecision precision) {
    return List.of(new Kind(dtype, precision, null), new Kind(dtype, precision, GatedTile.LARGE));
  }
}
