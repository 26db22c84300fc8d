package dev.lockstep.ops;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.device.KernelArgs;
import dev.lockstep.device.Launch;
import dev.lockstep.numeric.DType;
import dev.lockstep.tensor.Shape;
import dev.lockstep.tensor.Tensor;
import dev.lockstep.tensor.TensorArena;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Which tiles the first blocks of a product compute: those that run together on a GPU, and share in
 * L2 the rows of tiles of the left operand and the columns of the right one. Seen by launching them
 * alone.
 */
class TileOrderTests {
  private static final int TILE = 64;
  private static final int DEPTH = 8;

  /**
   * Rows and columns of tiles, blocks; of the panels they read, how many there are, and how many it
   * were row after row of tiles. Eight rows at a time, or what is left: a group that is begun costs
   * its rows at once.
   */
  @ParameterizedTest
  @CsvSource({
    "16, 16, 32, 12, 18",
    "16, 16, 64, 16, 20",
    "12, 8, 96, 20, 20",
    "12, 8, 72, 20, 17",
    "3, 20, 12, 7, 13",
    "1, 20, 5, 6, 6"
  })
  void blocksThatRunTogetherShareOperands(
      int down, int across, int blocks, int panels, int rowByRow) {
    assertThat(Math.ceilDiv(blocks, across) + Math.min(blocks, across)).isEqualTo(rowByRow);
    boolean[][] written = written(down, across, blocks);
    Set<Integer> rows = new TreeSet<>();
    Set<Integer> columns = new TreeSet<>();
    int tiles = 0;
    for (int row = 0; row < down; row++) {
      for (int column = 0; column < across; column++) {
        if (written[row][column]) {
          rows.add(row);
          columns.add(column);
          tiles++;
        }
      }
    }
    assertThat(tiles).isEqualTo(blocks);
    assertThat(rows.size() + columns.size()).isEqualTo(panels);
  }

  /** Tiles that the first blocks of a product of ones write. */
  private static boolean[][] written(int down, int across, int blocks) {
    long m = (long) down * TILE;
    long n = (long) across * TILE;
    try (OpBench ops = new OpBench(SimulatedDevices.open(2));
        TensorArena arena = new TensorArena()) {
      Tensor out = arena.tensor(DType.BF16, Shape.of(m, n));
      Tensor x = arena.tensor(DType.BF16, Shape.of(m, DEPTH));
      Tensor weight = arena.tensor(DType.BF16, Shape.of(n, DEPTH));
      arena.allocate(ops.device);
      out.zero(ops.stream);
      ops.fill.fill(ops.stream, x, 1);
      ops.fill.fill(ops.stream, weight, 1);
      KernelArgs args = new KernelArgs();
      args.reset();
      args.address(out.buffer(), out.byteOffset());
      args.nullAddress();
      args.address(x.buffer(), x.byteOffset());
      args.address(weight.buffer(), weight.byteOffset());
      args.nullAddress();
      args.nullAddress();
      args.nullAddress();
      args.int64(m);
      args.int64(n);
      args.int64(DEPTH);
      args.int32(Activation.NONE.code());
      args.float32(0);
      ops.stream.launch(
          ops.library.kernel("linear", "linear_forward_bf16"), Launch.of(blocks, 128), args);
      float[] values = out.toFloats(ops.stream);
      boolean[][] written = new boolean[down][across];
      for (int row = 0; row < down; row++) {
        for (int column = 0; column < across; column++) {
          written[row][column] = values[(int) (row * TILE * n) + column * TILE] == DEPTH;
        }
      }
      return written;
    }
  }
}
