package dev.lockstep.simulator.op;

import dev.lockstep.device.DeviceFault;
import dev.lockstep.simulator.execution.Warp;

/** The meeting of lanes that every {@code .sync} operation of a warp begins with. */
final class Rendezvous {
  private Rendezvous() {}

  /**
   * Whether all lanes named by the active lanes' member masks that have not exited are here; if
   * not, the active lanes have been parked.
   *
   * @param members int register with the member mask
   */
  static boolean met(Warp w, int members) {
    int[] masks = w.ints[members];
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
