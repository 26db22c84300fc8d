package dev.lockstep.simulator.op;

import dev.lockstep.simulator.execution.Op;
import dev.lockstep.simulator.execution.Warp;
import dev.lockstep.simulator.intrinsic.Accumulation;
import dev.lockstep.simulator.intrinsic.DirectedDouble;
import dev.lockstep.simulator.intrinsic.IntegerProduct;
import dev.lockstep.simulator.intrinsic.MatrixShape;
import dev.lockstep.simulator.intrinsic.Rounding;
import dev.lockstep.simulator.intrinsic.TensorCore.Matrices;

/**
 * {@code mma} and {@code wmma.mma} of any shape and type: unpacks A, B and C, multiplies, packs D.
 * {@link MatrixMultiply} is the fast way for the most frequent ones.
 */
public abstract class MatrixProduct extends Op {
  private final String instruction;
  final MatrixShape shape;
  final MatrixOperand d;
  final MatrixOperand a;
  final MatrixOperand b;
  final MatrixOperand c;

  private MatrixProduct(
      String instruction,
      MatrixShape shape,
      MatrixOperand d,
      MatrixOperand a,
      MatrixOperand b,
      MatrixOperand c) {
    this.instruction = instruction;
    this.shape = shape;
    this.d = d;
    this.a = a;
    this.b = b;
    this.c = c;
  }

  @Override
  public void execute(Warp w) {
    if (WholeWarp.gather(w, instruction)) {
      multiply(w, w.tensorScratch.matrices());
    }
  }

  abstract void multiply(Warp w, Matrices m);

  /** On floats narrower than f64. */
  public static final class Floats extends MatrixProduct {
    private final Accumulation accumulation;

    public Floats(
        String instruction,
        MatrixShape shape,
        MatrixOperand d,
        MatrixOperand a,
        MatrixOperand b,
        MatrixOperand c,
        Accumulation accumulation) {
      super(instruction, shape, d, a, b, c);
      this.accumulation = accumulation;
    }

    @Override
    void multiply(Warp w, Matrices m) {
      a.load(w, m.floatA);
      b.load(w, m.floatB);
      c.load(w, m.floatC);
      accumulation.multiply(shape, m.floatA, m.floatB, m.floatC);
      d.store(m.floatC, w);
    }
  }

  /** On f64: a chain of fused multiply-adds, k ascending, as in hardware. */
  public static final class Doubles extends MatrixProduct {
    private final Rounding rounding;

    public Doubles(
        String instruction,
        MatrixShape shape,
        MatrixOperand d,
        MatrixOperand a,
        MatrixOperand b,
        MatrixOperand c,
        Rounding rounding) {
      super(instruction, shape, d, a, b, c);
      this.rounding = rounding;
    }

    @Override
    void multiply(Warp w, Matrices m) {
      a.load(w, m.doubleA);
      b.load(w, m.doubleB);
      c.load(w, m.doubleC);
      for (int i = 0; i < shape.m(); i++) {
        for (int j = 0; j < shape.n(); j++) {
          int at = i * shape.n() + j;
          m.doubleC[at] = chain(m.doubleA, i * shape.k(), m.doubleB, j * shape.k(), m.doubleC[at]);
        }
      }
      d.store(m.doubleC, w);
    }

    private double chain(double[] x, int row, double[] y, int column, double sum) {
      double result = sum;
      for (int l = 0; l < shape.k(); l++) {
        result =
            rounding == Rounding.NEAREST
                ? Math.fma(x[row + l], y[column + l], result)
                : DirectedDouble.fma(x[row + l], y[column + l], result, rounding);
      }
      return result;
    }
  }

  /** On integers of four and eight bits. */
  public static final class Integers extends MatrixProduct {
    private final boolean saturate;

    /**
     * @param saturate whether a result beyond 32 bits becomes the nearest that fits; it wraps if
     *     not
     */
    public Integers(
        String instruction,
        MatrixShape shape,
        MatrixOperand d,
        MatrixOperand a,
        MatrixOperand b,
        MatrixOperand c,
        boolean saturate) {
      super(instruction, shape, d, a, b, c);
      this.saturate = saturate;
    }

    @Override
    void multiply(Warp w, Matrices m) {
      a.load(w, m.intA);
      b.load(w, m.intB);
      c.loadWords(w, m.intC);
      IntegerProduct.multiply(shape, m.intA, m.intB, m.intC, m.pairs, saturate);
      d.store(m.intC, w);
    }
  }

  /** On single bits, combined and counted; k is in words of 32. */
  public static final class Bits extends MatrixProduct {
    private final boolean and;

    /**
     * @param and {@code .and.popc} if true, {@code .xor.popc} if not
     */
    public Bits(
        String instruction,
        MatrixShape shape,
        MatrixOperand d,
        MatrixOperand a,
        MatrixOperand b,
        MatrixOperand c,
        boolean and) {
      super(instruction, shape, d, a, b, c);
      this.and = and;
    }

    @Override
    void multiply(Warp w, Matrices m) {
      a.loadWords(w, m.intA);
      b.loadWords(w, m.intB);
      c.loadWords(w, m.intC);
      int k = shape.k();
      for (int i = 0; i < shape.m(); i++) {
        for (int j = 0; j < shape.n(); j++) {
          int count = 0;
          for (int l = 0; l < k; l++) {
            int x = m.intA[i * k + l];
            int y = m.intB[j * k + l];
            count += Integer.bitCount(and ? x & y : x ^ y);
          }
          m.intC[i * shape.n() + j] += count;
        }
      }
      d.store(m.intC, w);
    }
  }
}
