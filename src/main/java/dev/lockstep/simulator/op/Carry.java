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
    int carries = 0;
    int inverted = subtract ? -1 : 0;
    for (int rest = w.mask; rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      int carry = in ? (w.predicates[flag] ^ inverted) >>> lane & 1 : 0;
      boolean over = wide ? longs(w, lane, carry) : ints(w, lane, carry);
      carries |= over ? 1 << lane : 0;
    }
    if (out) {
      w.keepPredicate(flag, carries ^ inverted);
    }
  }

  private boolean ints(Warp w, int lane, int carry) {
    long x = w.ints[a][lane] & 0xffff_ffffL;
    long y = w.ints[b][lane] & 0xffff_ffffL;
    long result = subtract ? x - y - carry : x + y + carry;
    w.ints[d][lane] = (int) result;
    return (result >>> 32) != 0;
  }

  private boolean longs(Warp w, int lane, int carry) {
    long x = w.longs[a][lane];
    long y = w.longs[b][lane];
    long result = subtract ? x - y - carry : x + y + carry;
    w.longs[d][lane] = result;
    // Unsigned overflow shows in the top bits of the operands and the result.
    long overflow = subtract ? ~x & y | (~x | y) & result : x & y | (x | y) & ~result;
    return overflow < 0;
  }
}
