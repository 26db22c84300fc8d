package dev.lockstep.simulator.intrinsic;

import dev.lockstep.numeric.BFloat16;
import dev.lockstep.numeric.DType;
import dev.lockstep.numeric.Float16;
import java.util.Arrays;
import java.util.Random;
import java.util.function.IntBinaryOperator;
import java.util.function.Supplier;

/** One mma as plain matrices, packed into registers by the formulas of the PTX manual. */
final class MmaCase {
  final float[][] a;
  final float[][] b;
  final float[][] c = new float[16][8];
  private final DType type;
  private final int k;

  /** Draws the bits of one operand. */
  interface BitSource {
    int next(DType type, Random random);
  }

  MmaCase(DType type, int k) {
    this.type = type;
    this.k = k;
    a = new float[16][k];
    b = new float[k][8];
  }

  static MmaCase random(DType type, int k, Random random, BitSource bits) {
    MmaCase mma = new MmaCase(type, k);
    for (float[] row : mma.a) {
      for (int l = 0; l < k; l++) {
        row[l] = decode(type, bits.next(type, random));
      }
    }
    for (float[] row : mma.b) {
      for (int j = 0; j < 8; j++) {
        row[j] = decode(type, bits.next(type, random));
      }
    }
    return mma;
  }

  void fillB(IntBinaryOperator value) {
    for (int l = 0; l < k; l++) {
      for (int j = 0; j < 8; j++) {
        b[l][j] = value.applyAsInt(l, j);
      }
    }
  }

  void fillC(Supplier<Float> value) {
    for (float[] row : c) {
      for (int j = 0; j < 8; j++) {
        row[j] = value.get();
      }
    }
  }

  /** Row and column of half {@code half} of register a{@code register} in {@code lane}. */
  static int[] elementOfA(int register, int lane, int half) {
    int row = register == 0 || register == 2 ? lane / 4 : lane / 4 + 8;
    int column = lane % 4 * 2 + half + (register < 2 ? 0 : 8);
    return new int[] {row, column};
  }

  static int[] elementOfB(int register, int lane, int half) {
    return new int[] {lane % 4 * 2 + half + (register == 0 ? 0 : 8), lane / 4};
  }

  static int[] elementOfC(int register, int lane) {
    return new int[] {register < 2 ? lane / 4 : lane / 4 + 8, lane % 4 * 2 + register % 2};
  }

  /** D by the order TensorCore documents, as canonical bits, row by row. */
  int[] chain() {
    int[] bits = new int[128];
    for (int i = 0; i < 16; i++) {
      for (int j = 0; j < 8; j++) {
        float sum = c[i][j];
        for (int l = 0; l < k; l++) {
          sum = Math.fma(a[i][l], b[l][j], sum);
        }
        bits[i * 8 + j] = Float.isNaN(sum) ? 0x7fffffff : Float.floatToRawIntBits(sum);
      }
    }
    return bits;
  }

  /** D of the implementation, as raw bits, row by row; D and C are different registers. */
  int[] run(TensorCore core) {
    return gather(multiply(core, new float[4][32], accumulators()));
  }

  /** As {@link #run}, with register c{@code i} doubling as register d{@code order[i]}. */
  int[] runInPlace(TensorCore core, int... order) {
    float[][] registers = accumulators();
    float[][] d = new float[4][];
    for (int i = 0; i < 4; i++) {
      d[order[i]] = registers[i];
    }
    return gather(multiply(core, d, registers));
  }

  /** D of the implementation with unpacked factors; {@code k} is 16. */
  int[] run(TileMultiplier tiles, boolean inPlace) {
    float[] left = new float[2 * TileMultiplier.A_FLOATS];
    float[] right = new float[2 * TileMultiplier.B_FLOATS];
    int[][] as = registersOfA();
    int[][] bs = registersOfB();
    // What else is there must not matter, nor where it starts.
    Arrays.fill(left, Float.NaN);
    Arrays.fill(right, Float.NaN);
    for (int r = 0; r < 4; r++) {
      tiles.unpackA(type, as[r], r, left, TileMultiplier.A_FLOATS);
    }
    for (int r = 0; r < 2; r++) {
      tiles.unpackB(type, bs[r], r, right, TileMultiplier.B_FLOATS);
    }
    float[][] cs = accumulators();
    float[][] d = inPlace ? cs : new float[4][32];
    for (int half = 0; half < 2; half++) {
      tiles.multiply(
          left,
          TileMultiplier.A_FLOATS,
          half,
          right,
          TileMultiplier.B_FLOATS,
          cs[2 * half],
          cs[2 * half + 1],
          d[2 * half],
          d[2 * half + 1]);
    }
    return gather(d);
  }

  private int[][] registersOfA() {
    int[][] as = new int[k / 4][32];
    for (int lane = 0; lane < 32; lane++) {
      for (int r = 0; r < as.length; r++) {
        as[r][lane] = pack(at(a, elementOfA(r, lane, 0)), at(a, elementOfA(r, lane, 1)));
      }
    }
    return as;
  }

  private int[][] registersOfB() {
    int[][] bs = new int[k / 8][32];
    for (int lane = 0; lane < 32; lane++) {
      for (int r = 0; r < bs.length; r++) {
        bs[r][lane] = pack(at(b, elementOfB(r, lane, 0)), at(b, elementOfB(r, lane, 1)));
      }
    }
    return bs;
  }

  private float[][] multiply(TensorCore core, float[][] d, float[][] cs) {
    int[][] as = registersOfA();
    int[][] bs = registersOfB();
    var scratch = new TensorCore.Scratch();
    if (k == 16) {
      core.m16n8k16(
          type, d[0], d[1], d[2], d[3], as[0], as[1], as[2], as[3], bs[0], bs[1], cs[0], cs[1],
          cs[2], cs[3], scratch);
    } else {
      core.m16n8k8(
          type, d[0], d[1], d[2], d[3], as[0], as[1], bs[0], cs[0], cs[1], cs[2], cs[3], scratch);
    }
    return d;
  }

  private float[][] accumulators() {
    float[][] registers = new float[4][32];
    for (int r = 0; r < 4; r++) {
      for (int lane = 0; lane < 32; lane++) {
        registers[r][lane] = at(c, elementOfC(r, lane));
      }
    }
    return registers;
  }

  private static int[] gather(float[][] d) {
    int[] bits = new int[128];
    for (int r = 0; r < 4; r++) {
      for (int lane = 0; lane < 32; lane++) {
        int[] e = elementOfC(r, lane);
        bits[e[0] * 8 + e[1]] = Float.floatToRawIntBits(d[r][lane]);
      }
    }
    return bits;
  }

  private int pack(float lower, float upper) {
    return (encode(upper) & 0xffff) << 16 | encode(lower) & 0xffff;
  }

  private int encode(float value) {
    return type == DType.F16 ? Float16.fromFloat(value) : BFloat16.fromFloat(value);
  }

  private static float decode(DType type, int bits) {
    return type == DType.F16 ? Float16.toFloat((short) bits) : BFloat16.toFloat((short) bits);
  }

  private static float at(float[][] matrix, int[] element) {
    return matrix[element[0]][element[1]];
  }
}
