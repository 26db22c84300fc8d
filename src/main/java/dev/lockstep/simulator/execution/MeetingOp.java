package dev.lockstep.simulator.execution;

import dev.lockstep.device.DeviceFault;

/**
 * A {@code .sync} operation within a warp (PTX ISA 9.7.9.6 and 9.7.13). A lane waits until all that
 * its member mask names and that have not exited have executed one of the same opcode, the same
 * qualifiers and the same member mask; where in the code each does so does not matter. Then each
 * takes its result from what all have told, by its own operands.
 */
public abstract class MeetingOp extends Op {
  private final Terms terms;

  /**
   * What lanes have to agree on.
   *
   * @param operation opcode and qualifiers
   * @param members int register with the member masks
   * @param all whether that is a literal that names every lane
   */
  public record Terms(String operation, int members, boolean all) {}

  protected MeetingOp(Terms terms) {
    this.terms = terms;
  }

  /** The active lanes tell the others what those have to know: {@link Meetings#tell(int[])}. */
  protected void tell(Warp w) {}

  /** The int register with the member masks. */
  public final int members() {
    return terms.members;
  }

  /** The member mask of a lane. */
  protected final int members(Warp w, int lane) {
    return w.ints[terms.members][lane];
  }

  final boolean isLike(MeetingOp other) {
    return terms.operation.equals(other.terms.operation);
  }

  /**
   * Whether lanes have met that wait for each other: they are the active ones now. The others here
   * have been parked, and with them all of the active ones if nobody has met.
   */
  protected final boolean isMet(Warp w) {
    int[] masks = w.ints[terms.members];
    if (w.full && (terms.all || areAllOnes(masks) || agree(masks))) {
      return true;
    }
    for (int rest = w.mask; rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      if ((masks[lane] >>> lane & 1) == 0) {
        throw new DeviceFault.BarrierDivergence(
            "lane %d executes an operation whose member mask 0x%08x leaves it out"
                .formatted(lane, masks[lane]),
            w.site(lane));
      }
    }
    return w.meetings.meet(this, masks);
  }

  private static boolean areAllOnes(int[] masks) {
    int common = -1;
    for (int lane = 0; lane < Warp.LANES; lane++) {
      common &= masks[lane];
    }
    return common == -1;
  }

  /** Whether in a full warp every lane has the mask of all those that it names. */
  private static boolean agree(int[] masks) {
    int rest = -1;
    while (rest != 0) {
      int mask = masks[Integer.numberOfTrailingZeros(rest)];
      if ((mask & Integer.lowestOneBit(rest)) == 0) {
        return false;
      }
      for (int others = mask; others != 0; others &= others - 1) {
        if (masks[Integer.numberOfTrailingZeros(others)] != mask) {
          return false;
        }
      }
      rest &= ~mask;
    }
    return true;
  }
}
