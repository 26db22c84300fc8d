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
   * Whether all lanes named by the active lanes' member masks that have not exited are here; if
   * not, the active lanes have been parked.
   */
  boolean met(Warp w) {
    if (w.full && all) {
      return true;
    }
    int[] masks = w.ints[register];
    if (w.full && allOnes(masks)) {
      return true;
    }
    int named = 0;
    for (int rest = w.mask; rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      if ((masks[lane] >>> lane & 1) == 0) {
        throw new DeviceFault.BarrierDivergence(
            "lane %d executes an operation whose member mask 0x%08x leaves it out"
                .formatted(lane, masks[lane]),
            w.site(lane));
      }
      named |= masks[lane];
    }
    return w.full || w.groups.gather(named);
  }

  private static boolean allOnes(int[] masks) {
    int common = -1;
    for (int lane = 0; lane < Warp.LANES; lane++) {
      common &= masks[lane];
    }
    return common == -1;
  }
}
