package dev.lockstep.simulator.op;

import static dev.lockstep.simulator.execution.Warp.LANES;

import dev.lockstep.simulator.execution.Op;
import dev.lockstep.simulator.execution.Slot;
import dev.lockstep.simulator.execution.Warp;

/** Steps of {@code wmma.load} and {@code wmma.store} around plain loads and stores. */
public final class FragmentLanes {
  private FragmentLanes() {}

  /**
   * The address of each lane's element: {@code base + (major · stride + minor) · size}, with the
   * stride an int register, in elements.
   */
  public static final class Places extends Op {
    private final Slot<long[]> d;
    private final Slot<long[]> base;
    private final Slot<int[]> stride;
    private final int[] major;
    private final int[] minor;
    private final int elementBits;

    public Places(
        Slot<long[]> d,
        Slot<long[]> base,
        Slot<int[]> stride,
        int[] major,
        int[] minor,
        int elementBits) {
      this.d = d;
      this.base = base;
      this.stride = stride;
      this.major = major;
      this.minor = minor;
      this.elementBits = elementBits;
    }

    @Override
    public void execute(Warp w) {
      long[] places = w.longs[d.index()];
      long[] bases = w.longs[base.index()];
      int[] strides = w.ints[stride.index()];
      for (int i = 0; i < LANES; i++) {
        long element = (long) major[i] * (strides[i] & 0xffff_ffffL) + minor[i];
        places[i] = bases[i] + element * elementBits / 8;
      }
    }
  }

  /** d = d | a &lt;&lt; shift, or a &lt;&lt; shift alone. */
  public static final class Insert extends Op {
    private final Slot<int[]> d;
    private final Slot<int[]> a;
    private final int shift;

    /**
     * @param shift where a goes; at 0 it replaces all of d
     */
    public Insert(Slot<int[]> d, Slot<int[]> a, int shift) {
      this.d = d;
      this.a = a;
      this.shift = shift;
    }

    @Override
    public void execute(Warp w) {
      int[] to = w.ints[d.index()];
      int[] from = w.ints[a.index()];
      int keep = shift == 0 ? 0 : -1;
      for (int i = 0; i < LANES; i++) {
        to[i] = to[i] & keep | from[i] << shift;
      }
    }
  }
}
