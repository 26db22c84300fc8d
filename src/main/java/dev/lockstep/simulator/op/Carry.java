package dev.lockstep.simulator.op;

import dev.lockstep.simulator.execution.Op;
import dev.lockstep.simulator.execution.Slot;
import dev.lockstep.simulator.execution.Warp;

/**
 * Extended-precision addition (PTX ISA 9.7.2): {@code d = a ± b ± carry}. The condition code is a
 * predicate with one carry bit per lane.
 *
 * <p>A subtraction adds the complement of b, so it leaves the bit clear when it borrows. That shows
 * only where {@code addc} follows {@code subc}: nvcc's division of 128-bit integers asks that way
 * whether a difference was negative.
 */
public final class Carry extends Op {
  private final boolean subtract;
  private final boolean in;
  private final boolean out;
  private final int flag;
  private final boolean wide;
  private final int d;
  private final int a;
  private final int b;

  /**
   * @param subtract a − b − borrow instead of a + b + carry
   * @param in whether the flag is added, {@code out} whether it is set
   */
  public Carry(
      boolean subtract, boolean in, boolean out, int flag, Slot<?> d, Slot<?> a, Slot<?> b) {
    this.subtract = subtract;
    this.in = in;
    this.out = out;
    this.flag = flag;
    this.wide = d.file() == Slot.LONGS;
    this.d = d.index();
    this.a = a.index();
    this.b = b.index();
  }

  @Override
  public void execute(Warp w) {
    int inverted = subtract ? -1 : 0;
    int carriesIn = in ? w.predicates[flag] ^ inverted : 0;
    int carries = wide ? longs(w, carriesIn) : ints(w, carriesIn);
    if (out) {
      w.keepPredicate(flag, carries ^ inverted);
    }
  }

  private int ints(Warp w, int carriesIn) {
    int[] x = w.ints[a];
    int[] y = w.ints[b];
    int[] to = (int[]) w.target(Slot.INTS, d);
    // A carry is the bit above 32 of a sum, a borrow that of a difference.
    int sign = subtract ? -1 : 1;
    int carries = 0;
    for (int i = 0; i < Warp.LANES; i++) {
      long more = (y[i] & 0xffff_ffffL) + (carriesIn >>> i & 1);
      long result = (x[i] & 0xffff_ffffL) + sign * more;
      to[i] = (int) result;
      carries |= (int) (result >>> 32 & 1) << i;
    }
    w.keep(Slot.INTS, d);
    return carries;
  }

  private int longs(Warp w, int carriesIn) {
    long[] first = w.longs[a];
    long[] second = w.longs[b];
    long[] to = (long[]) w.target(Slot.LONGS, d);
    int carries = 0;
    for (int i = 0; i < Warp.LANES; i++) {
      long x = first[i];
      long y = second[i];
      int carry = carriesIn >>> i & 1;
      long result = subtract ? x - y - carry : x + y + carry;
      to[i] = result;
      // Unsigned overflow shows in the top bits of the operands and the result.
      long overflow = subtract ? ~x & y | (~x | y) & result : x & y | (x | y) & ~result;
      carries |= (int) (overflow >>> 63) << i;
    }
    w.keep(Slot.LONGS, d);
    return carries;
  }
}
