package dev.lockstep.simulator.op;

import dev.lockstep.numeric.DType;
import dev.lockstep.simulator.execution.Op;
import dev.lockstep.simulator.execution.Warp;
import dev.lockstep.simulator.intrinsic.TileMultiplier;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Neighbouring {@code mma.m16n8k16} as one: a kernel multiplies a few fragments of A with a few of
 * B, each with each, and unpacking a fragment takes about as long as multiplying. Accumulators and
 * factors are of different register files, so no result changes a factor.
 */
public final class FusedMatrixMultiply extends Op {
  private static final TileMultiplier TILES = TileMultiplier.best();

  private final DType input;
  private final List<int[]> a = new ArrayList<>();
  private final List<int[]> b = new ArrayList<>();
  private final Tile[] tiles;

  /** One product: which A, which B, and the accumulators. */
  @SuppressWarnings("ArrayRecordComponent") // Never compared.
  private record Tile(int a, int b, int[] c, int[] d) {}

  /**
   * @param members all {@link MatrixMultiply#isFusable}, with one type of input
   */
  public FusedMatrixMultiply(List<MatrixMultiply> members) {
    input = members.getFirst().input();
    tiles = new Tile[members.size()];
    for (int i = 0; i < tiles.length; i++) {
      MatrixMultiply m = members.get(i);
      tiles[i] = new Tile(find(a, m.a()), find(b, m.b()), m.c(), m.d());
    }
  }

  @Override
  public void execute(Warp w) {
    float[] left = w.tensorScratch.tilesA(a.size());
    float[] right = w.tensorScratch.tilesB(b.size());
    for (int i = 0; i < a.size(); i++) {
      int[] registers = a.get(i);
      for (int r = 0; r < 4; r++) {
        TILES.unpackA(input, w.ints[registers[r]], r, left, i * TileMultiplier.A_FLOATS);
      }
    }
    for (int i = 0; i < b.size(); i++) {
      int[] registers = b.get(i);
      for (int r = 0; r < 2; r++) {
        TILES.unpackB(input, w.ints[registers[r]], r, right, i * TileMultiplier.B_FLOATS);
      }
    }
    float[][] f = w.floats;
    for (Tile tile : tiles) {
      int[] c = tile.c;
      int[] d = tile.d;
      int x = tile.a * TileMultiplier.A_FLOATS;
      int y = tile.b * TileMultiplier.B_FLOATS;
      TILES.multiply(left, x, 0, right, y, f[c[0]], f[c[1]], f[d[0]], f[d[1]]);
      TILES.multiply(left, x, 1, right, y, f[c[2]], f[c[3]], f[d[2]], f[d[3]]);
    }
  }

  private static int find(List<int[]> known, int[] registers) {
    for (int i = 0; i < known.size(); i++) {
      if (Arrays.equals(known.get(i), registers)) {
        return i;
      }
    }
    known.add(registers);
    return known.size() - 1;
  }
}
