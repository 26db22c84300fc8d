package dev.lockstep.simulator.intrinsic;

import dev.lockstep.numeric.DType;
import org.jspecify.annotations.Nullable;

/**
 * {@code mma.sync.aligned.m16n8k{16,8}.row.col.f32.T.T.f32} for one warp: D = A·B + C with A 16×k
 * row-major, B k×8 column-major and fp32 accumulators.
 *
 * <p>A register of the warp is an array of its 32 lanes. With {@code g = lane / 4} and {@code t =
 * lane % 4}, the fragments are those of the PTX ISA ("Matrix Fragments for mma.m16n8k16"):
 *
 * <pre>
 *   a0 = A[g][2t, 2t+1]      a1 = A[g+8][2t, 2t+1]      lower half of a register = even column
 *   a2 = A[g][2t+8, 2t+9]    a3 = A[g+8][2t+8, 2t+9]    (k16 only)
 *   b0 = B[2t, 2t+1][g]      b1 = B[2t+8, 2t+9][g]      (b1: k16 only)
 *   c0, c1 = C[g][2t, 2t+1]  c2, c3 = C[g+8][2t, 2t+1]  and d alike
 * </pre>
 *
 * <p>NVIDIA documents no order of summation. Here each element of D is a chain of fused
 * multiply-adds, products exact, k ascending from C, each step rounded to nearest even in fp32:
 *
 * <pre>  d = fma(A[i][k-1], B[k-1][j], … fma(A[i][1], B[1][j], fma(A[i][0], B[0][j], C[i][j])))
 * </pre>
 *
 * so |error| ≤ γ·(|C[i][j]| + Σ|A[i][l]·B[l][j]|) with γ = k·u / (1 − k·u) and u = 2⁻²⁴. Subnormals
 * are kept, and every NaN comes out as the canonical 0x7fffffff. All implementations give the same
 * bits.
 *
 * <p>Any d may be the same array as any c: all of C is read before any of D is written.
 */
public interface TensorCore {
  /**
   * The k16 shape.
   *
   * @param input type of A and B: {@link DType#F16} or {@link DType#BF16}
   * @param scratch working memory; one per thread that calls
   * @throws IllegalArgumentException when {@code input} is another type
   */
  void m16n8k16(
      DType input,
      float[] d0,
      float[] d1,
      float[] d2,
      float[] d3,
      int[] a0,
      int[] a1,
      int[] a2,
      int[] a3,
      int[] b0,
      int[] b1,
      float[] c0,
      float[] c1,
      float[] c2,
      float[] c3,
      Scratch scratch);

  /** The k8 shape; otherwise as {@link #m16n8k16}. */
  void m16n8k8(
      DType input,
      float[] d0,
      float[] d1,
      float[] d2,
      float[] d3,
      int[] a0,
      int[] a1,
      int[] b0,
      float[] c0,
      float[] c1,
      float[] c2,
      float[] c3,
      Scratch scratch);

  /** The fastest implementation this virtual machine can run; chosen once. */
  static TensorCore best() {
    return TensorCoreChoice.BEST;
  }

  /** Unpacked operands of one mma. Holds nothing between calls. */
  final class Scratch {
    /** A, per register in the order a0…a3: 32 lower halves, then 32 upper halves. */
    final float[] a = new float[4 * 64];

    /** B by rows of 8: row k at 8k. */
    final float[] b = new float[16 * 8];

    /** C, then D, by rows of 8. */
    final float[] c = new float[16 * 8];

    /** As packed pairs B transposed, row k/2 at 8·(k/2), and behind it A's registers. */
    final int[] pairs = new int[8 * 8 + 4 * 32];

    /** What {@link #pairs} holds: the lower halves of 8 pairs, then their upper halves. */
    final float[] factors = new float[2 * pairs.length];

    private @Nullable Matrices matrices;
    private float[] tilesA = {};
    private float[] tilesB = {};

    /** Room for so many unpacked A of a {@link TileMultiplier}. */
    public float[] tilesA(int count) {
      if (tilesA.length < count * TileMultiplier.A_FLOATS) {
        tilesA = new float[count * TileMultiplier.A_FLOATS];
      }
      return tilesA;
    }

    /** Room for so many unpacked B. */
    public float[] tilesB(int count) {
      if (tilesB.length < count * TileMultiplier.B_FLOATS) {
        tilesB = new float[count * TileMultiplier.B_FLOATS];
      }
      return tilesB;
    }

    /** Room for the operands of any product; most warps never need it. */
    public Matrices matrices() {
      if (matrices == null) {
        matrices = new Matrices();
      }
      return matrices;
    }
  }

  /** Unpacked operands of one product of any shape: A by rows, B by columns, C by rows. */
  final class Matrices {
    private static final int LARGEST = 1024;

    public final float[] floatA = new float[LARGEST];
    public final float[] floatB = new float[LARGEST];
    public final float[] floatC = new float[LARGEST];
    public final int[] intA = new int[LARGEST];
    public final int[] intB = new int[LARGEST];
    public final int[] intC = new int[LARGEST];
    public final long[] pairs = new long[LARGEST];
    public final double[] doubleA = new double[LARGEST];
    public final double[] doubleB = new double[LARGEST];
    public final double[] doubleC = new double[LARGEST];
  }
}
