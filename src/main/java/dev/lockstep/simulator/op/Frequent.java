package dev.lockstep.simulator.op;

import static dev.lockstep.simulator.execution.Warp.LANES;

import dev.lockstep.simulator.execution.Op;
import dev.lockstep.simulator.execution.Slot;
import dev.lockstep.simulator.execution.Warp;
import dev.lockstep.simulator.intrinsic.FloatOps;
import dev.lockstep.simulator.intrinsic.IntegerOps;

/**
 * The instructions kernels execute most, each a class of its own. {@link Lanes2} and its siblings
 * take two indirect calls per instruction, one to the instruction and one to its function; these
 * take one, which makes arithmetic a third faster.
 *
 * <p>Single-precision arithmetic has one NaN, {@link FloatOps#NAN}, whatever NaN it was given.
 */
public final class Frequent {
  private Frequent() {}

  /** Makes an instruction with two sources. */
  @FunctionalInterface
  public interface Make2<D, A, B> {
    Op make(Slot<D> d, Slot<A> a, Slot<B> b);
  }

  /** {@code add.f32}. */
  public static final class FloatAdd extends Op {
    private final int d;
    private final int a;
    private final int b;

    public FloatAdd(Slot<float[]> d, Slot<float[]> a, Slot<float[]> b) {
      this.d = d.index();
      this.a = a.index();
      this.b = b.index();
    }

    @Override
    public void execute(Warp w) {
      float[] r = w.full ? w.floats[d] : w.scratchFloats;
      float[] x = w.floats[a];
      float[] y = w.floats[b];
      for (int i = 0; i < LANES; i++) {
        r[i] = FloatOps.canonical(x[i] + y[i]);
      }
      w.keep(Slot.FLOATS, d);
    }
  }

  /** {@code sub.f32}. */
  public static final class FloatSub extends Op {
    private final int d;
    private final int a;
    private final int b;

    public FloatSub(Slot<float[]> d, Slot<float[]> a, Slot<float[]> b) {
      this.d = d.index();
      this.a = a.index();
      this.b = b.index();
    }

    @Override
    public void execute(Warp w) {
      float[] r = w.full ? w.floats[d] : w.scratchFloats;
      float[] x = w.floats[a];
      float[] y = w.floats[b];
      for (int i = 0; i < LANES; i++) {
        r[i] = FloatOps.canonical(x[i] - y[i]);
      }
      w.keep(Slot.FLOATS, d);
    }
  }

  /** {@code mul.f32}. */
  public static final class FloatMul extends Op {
    private final int d;
    private final int a;
    private final int b;

    public FloatMul(Slot<float[]> d, Slot<float[]> a, Slot<float[]> b) {
      this.d = d.index();
      this.a = a.index();
      this.b = b.index();
    }

    @Override
    public void execute(Warp w) {
      float[] r = w.full ? w.floats[d] : w.scratchFloats;
      float[] x = w.floats[a];
      float[] y = w.floats[b];
      for (int i = 0; i < LANES; i++) {
        r[i] = FloatOps.canonical(x[i] * y[i]);
      }
      w.keep(Slot.FLOATS, d);
    }
  }

  /** {@code fma.rn.f32}. */
  public static final class FloatFma extends Op {
    private final int d;
    private final int a;
    private final int b;
    private final int c;

    public FloatFma(Slot<float[]> d, Slot<float[]> a, Slot<float[]> b, Slot<float[]> c) {
      this.d = d.index();
      this.a = a.index();
      this.b = b.index();
      this.c = c.index();
    }

    @Override
    public void execute(Warp w) {
      float[] r = w.full ? w.floats[d] : w.scratchFloats;
      float[] x = w.floats[a];
      float[] y = w.floats[b];
      float[] z = w.floats[c];
      for (int i = 0; i < LANES; i++) {
        r[i] = FloatOps.canonical(Math.fma(x[i], y[i], z[i]));
      }
      w.keep(Slot.FLOATS, d);
    }
  }

  /** {@code max.f32}. */
  public static final class FloatMax extends Op {
    private final int d;
    private final int a;
    private final int b;

    public FloatMax(Slot<float[]> d, Slot<float[]> a, Slot<float[]> b) {
      this.d = d.index();
      this.a = a.index();
      this.b = b.index();
    }

    @Override
    public void execute(Warp w) {
      float[] r = w.full ? w.floats[d] : w.scratchFloats;
      float[] x = w.floats[a];
      float[] y = w.floats[b];
      for (int i = 0; i < LANES; i++) {
        r[i] = FloatOps.max(x[i], y[i]);
      }
      w.keep(Slot.FLOATS, d);
    }
  }

  /** {@code mov.f32}. */
  public static final class FloatMove extends Op {
    private final int d;
    private final int a;

    public FloatMove(Slot<float[]> d, Slot<float[]> a) {
      this.d = d.index();
      this.a = a.index();
    }

    @Override
    public void execute(Warp w) {
      float[] r = w.full ? w.floats[d] : w.scratchFloats;
      float[] x = w.floats[a];
      for (int i = 0; i < LANES; i++) {
        r[i] = x[i];
      }
      w.keep(Slot.FLOATS, d);
    }
  }

  /** {@code mov.b32} from an integer to a float register. */
  public static final class BitsToFloat extends Op {
    private final int d;
    private final int a;

    public BitsToFloat(Slot<float[]> d, Slot<int[]> a) {
      this.d = d.index();
      this.a = a.index();
    }

    @Override
    public void execute(Warp w) {
      float[] r = w.full ? w.floats[d] : w.scratchFloats;
      int[] x = w.ints[a];
      for (int i = 0; i < LANES; i++) {
        r[i] = Float.intBitsToFloat(x[i]);
      }
      w.keep(Slot.FLOATS, d);
    }
  }

  /** {@code mov.b32} from a float to an integer register. */
  public static final class FloatToBits extends Op {
    private final int d;
    private final int a;

    public FloatToBits(Slot<int[]> d, Slot<float[]> a) {
      this.d = d.index();
      this.a = a.index();
    }

    @Override
    public void execute(Warp w) {
      int[] r = w.full ? w.ints[d] : w.scratchInts;
      float[] x = w.floats[a];
      for (int i = 0; i < LANES; i++) {
        r[i] = Float.floatToRawIntBits(x[i]);
      }
      w.keep(Slot.INTS, d);
    }
  }

  /** {@code mov.b32}. */
  public static final class IntMove extends Op {
    private final int d;
    private final int a;

    public IntMove(Slot<int[]> d, Slot<int[]> a) {
      this.d = d.index();
      this.a = a.index();
    }

    @Override
    public void execute(Warp w) {
      int[] r = w.full ? w.ints[d] : w.scratchInts;
      int[] x = w.ints[a];
      for (int i = 0; i < LANES; i++) {
        r[i] = x[i];
      }
      w.keep(Slot.INTS, d);
    }
  }

  /** {@code add.s32}. */
  public static final class IntAdd extends Op {
    private final int d;
    private final int a;
    private final int b;

    public IntAdd(Slot<int[]> d, Slot<int[]> a, Slot<int[]> b) {
      this.d = d.index();
      this.a = a.index();
      this.b = b.index();
    }

    @Override
    public void execute(Warp w) {
      int[] r = w.full ? w.ints[d] : w.scratchInts;
      int[] x = w.ints[a];
      int[] y = w.ints[b];
      for (int i = 0; i < LANES; i++) {
        r[i] = x[i] + y[i];
      }
      w.keep(Slot.INTS, d);
    }
  }

  /** {@code and.b32}. */
  public static final class IntAnd extends Op {
    private final int d;
    private final int a;
    private final int b;

    public IntAnd(Slot<int[]> d, Slot<int[]> a, Slot<int[]> b) {
      this.d = d.index();
      this.a = a.index();
      this.b = b.index();
    }

    @Override
    public void execute(Warp w) {
      int[] r = w.full ? w.ints[d] : w.scratchInts;
      int[] x = w.ints[a];
      int[] y = w.ints[b];
      for (int i = 0; i < LANES; i++) {
        r[i] = x[i] & y[i];
      }
      w.keep(Slot.INTS, d);
    }
  }

  /** {@code shl.b32}. */
  public static final class IntShl extends Op {
    private final int d;
    private final int a;
    private final int b;

    public IntShl(Slot<int[]> d, Slot<int[]> a, Slot<int[]> b) {
      this.d = d.index();
      this.a = a.index();
      this.b = b.index();
    }

    @Override
    public void execute(Warp w) {
      int[] r = w.full ? w.ints[d] : w.scratchInts;
      int[] x = w.ints[a];
      int[] y = w.ints[b];
      for (int i = 0; i < LANES; i++) {
        r[i] = IntegerOps.shl(x[i], y[i]);
      }
      w.keep(Slot.INTS, d);
    }
  }

  /** {@code mov.b64}. */
  public static final class LongMove extends Op {
    private final int d;
    private final int a;

    public LongMove(Slot<long[]> d, Slot<long[]> a) {
      this.d = d.index();
      this.a = a.index();
    }

    @Override
    public void execute(Warp w) {
      long[] r = w.full ? w.longs[d] : w.scratchLongs;
      long[] x = w.longs[a];
      for (int i = 0; i < LANES; i++) {
        r[i] = x[i];
      }
      w.keep(Slot.LONGS, d);
    }
  }

  /** {@code add.s64}. */
  public static final class LongAdd extends Op {
    private final int d;
    private final int a;
    private final int b;

    public LongAdd(Slot<long[]> d, Slot<long[]> a, Slot<long[]> b) {
      this.d = d.index();
      this.a = a.index();
      this.b = b.index();
    }

    @Override
    public void execute(Warp w) {
      long[] r = w.full ? w.longs[d] : w.scratchLongs;
      long[] x = w.longs[a];
      long[] y = w.longs[b];
      for (int i = 0; i < LANES; i++) {
        r[i] = x[i] + y[i];
      }
      w.keep(Slot.LONGS, d);
    }
  }

  /** {@code shl.b64}. */
  public static final class LongShl extends Op {
    private final int d;
    private final int a;
    private final int b;

    public LongShl(Slot<long[]> d, Slot<long[]> a, Slot<int[]> b) {
      this.d = d.index();
      this.a = a.index();
      this.b = b.index();
    }

    @Override
    public void execute(Warp w) {
      long[] r = w.full ? w.longs[d] : w.scratchLongs;
      long[] x = w.longs[a];
      int[] y = w.ints[b];
      for (int i = 0; i < LANES; i++) {
        r[i] = IntegerOps.shl(x[i], y[i]);
      }
      w.keep(Slot.LONGS, d);
    }
  }

  /** {@code cvt.u64.u32}. */
  public static final class UnsignedToLong extends Op {
    private final int d;
    private final int a;

    public UnsignedToLong(Slot<long[]> d, Slot<int[]> a) {
      this.d = d.index();
      this.a = a.index();
    }

    @Override
    public void execute(Warp w) {
      long[] r = w.full ? w.longs[d] : w.scratchLongs;
      int[] x = w.ints[a];
      for (int i = 0; i < LANES; i++) {
        r[i] = x[i] & 0xffff_ffffL;
      }
      w.keep(Slot.LONGS, d);
    }
  }
}
