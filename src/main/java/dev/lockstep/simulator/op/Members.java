package dev.lockstep.simulator.op;

import dev.lockstep.device.DeviceFault;
import dev.lockstep.simulator.execution.Warp;

/**
 * The lanes that a {@code .sync} operation of a warp names, with whose meeting it begins.
 *
 * @param register int register with the member masks
 * @param all whether it is a literal that names every lane
 */
public record Members(int register, boolean all) {
  /** The mask of one lane. */
  int of(Warp w, int lane) {
    return w.ints[register][lane];
  }

  /**
   * Whether lanes have met here, those that named each other: they are the active ones now. The
   * others here have been parked, and with them all of the active ones if nobody has met.
   */
  boolean met(Warp w) {
    if (areAll(w)) {
      return true;
    }
    w.groups.takeIn();
    return w.groups.goOn(w.groups.complete(w.ints[register], w.mask));
  }

  /** The same where lanes that come elsewhere count, too. */
  boolean metAnywhere(Warp w) {
    return areAll(w) || w.groups.meet(w.ints[register]);
  }

  /** Whether all lanes of the warp are here. Faults where one names others only. */
  private boolean areAll(Warp w) {
    int[] masks = w.ints[register];
    if (w.full && (all || allOnes(masks))) {
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
    return w.full;
  }

  private static boolean allOnes(int[] masks) {
    int common = -1;
    for (int lane = 0; lane < Warp.LANES; lane++) {
      common &= masks[lane];
    }
    return common == -1;
  }
}
