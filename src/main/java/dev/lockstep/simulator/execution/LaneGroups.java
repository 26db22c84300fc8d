package dev.lockstep.simulator.execution;

import dev.lockstep.device.DeviceFault;
import java.util.ArrayList;
import java.util.List;

/**
 * What a warp does when its lanes part ways: lanes at the same instruction form a group, and one
 * group runs at a time.
 *
 * <p>The group furthest behind in the code runs first, up to where another group waits, and groups
 * that meet become one. As the code is laid out with every loop in one piece and joins behind what
 * they join, that brings lanes together as early as structured code allows, copes with irreducible
 * flow, and needs no stack. A group that must wait for others (a warp-wide operation, a barrier) is
 * parked. A group that runs for long while others could is set aside for a while, so that lanes
 * spinning on a lock let its owner go on.
 */
public final class LaneGroups {
  private static final int NEVER = Integer.MAX_VALUE;
  private static final int STOP = -1;

  private final Warp warp;
  private final int[] pcs = new int[Warp.LANES + 1];
  private final int[] masks = new int[Warp.LANES + 1];
  private final boolean[] parked = new boolean[Warp.LANES + 1];

  /** Groups beside the one that runs. */
  private int count;

  LaneGroups(Warp warp) {
    this.warp = warp;
  }

  /** All lanes start together. */
  void reset(int lanes) {
    count = 0;
    warp.pc = 0;
    warp.alive = lanes;
    warp.setMask(lanes);
    warp.limit = NEVER;
  }

  /** The lanes in {@code taken}, some but not all of the active ones, go on elsewhere. */
  public void split(int taken, int target) {
    int staying = warp.mask & ~taken;
    add(target, taken, false);
    warp.setMask(staying);
    warp.limit = lowest();
  }

  /** These lanes, some or all of the active ones, are done. */
  public void exit(int lanes) {
    warp.alive &= ~lanes;
    warp.setMask(warp.mask & ~lanes);
    for (int i = 0; i < count; i++) {
      if (parked[i] && isBarrier(pcs[i])) {
        throw new DeviceFault.BarrierDivergence(
            "a thread exited while others of its warp waited " + place(i),
            warp.cta.site(warp, first(masks[i]), pcs[i]));
      }
      // Who waited for lanes that are gone may be able to go on.
      parked[i] = false;
    }
    warp.limit = warp.mask == 0 ? STOP : lowest();
  }

  /**
   * Called by an operation that needs the lanes in {@code members} together. Takes in those that
   * already wait here; whether all that are left have come. If not, this group is parked and the
   * operation will be executed again.
   */
  public boolean gather(int members) {
    int at = warp.pc - 1;
    for (int i = 0; i < count; i++) {
      if (pcs[i] == at) {
        warp.setMask(warp.mask | masks[i]);
        remove(i--);
      }
    }
    if ((members & warp.alive & ~warp.mask) == 0) {
      warp.limit = lowest();
      return true;
    }
    add(at, warp.mask, true);
    warp.setMask(0);
    warp.limit = STOP;
    return false;
  }

  /**
   * Puts the running group, if any, beside the others and takes the next. False when no lane can
   * run: all exited, or all wait.
   *
   * @param rotate take the group that waited longest, even if it is not the one furthest behind
   */
  boolean next(boolean rotate) {
    if (warp.mask != 0) {
      add(warp.pc, warp.mask, false);
      warp.setMask(0);
    }
    int chosen = -1;
    for (int i = 0; i < count; i++) {
      if (!parked[i] && (chosen < 0 || !rotate && pcs[i] < pcs[chosen])) {
        chosen = i;
      }
    }
    if (chosen < 0) {
      return false;
    }
    warp.pc = pcs[chosen];
    int lanes = 0;
    for (int i = 0; i < count; i++) {
      if (!parked[i] && pcs[i] == warp.pc) {
        lanes |= masks[i];
        remove(i--);
      }
    }
    warp.setMask(lanes);
    warp.limit = rotate ? NEVER : lowest();
    return true;
  }

  /** The fault that stops a warp whose lanes all wait for each other. */
  DeviceFault stuck() {
    List<String> waiting = new ArrayList<>();
    int barrier = -1;
    for (int i = 0; i < count; i++) {
      waiting.add("lanes " + Integer.toHexString(masks[i]) + " " + place(i));
      barrier = barrier < 0 && isBarrier(pcs[i]) ? i : barrier;
    }
    String text = String.join(", ", waiting);
    if (barrier >= 0) {
      return new DeviceFault.BarrierDivergence(
          "the lanes of a warp wait in different places: " + text,
          warp.cta.site(warp, first(masks[barrier]), pcs[barrier]));
    }
    return new DeviceFault.Deadlock(
        "the lanes of a warp wait for each other: " + text,
        warp.cta.site(warp, first(masks[0]), pcs[0]));
  }

  /** Stops after the instruction being executed, to be asked {@link #next} or left blocked. */
  void stop() {
    warp.limit = STOP;
  }

  /** Goes on after a block-wide barrier, where all lanes are one group. */
  void resume() {
    warp.limit = NEVER;
  }

  private boolean isBarrier(int pc) {
    return warp.cta.kernel.code()[pc].isBarrier();
  }

  private String place(int i) {
    return warp.cta.where(pcs[i]);
  }

  private int lowest() {
    int lowest = NEVER;
    for (int i = 0; i < count; i++) {
      if (!parked[i] && pcs[i] < lowest) {
        lowest = pcs[i];
      }
    }
    return lowest;
  }

  private void add(int pc, int lanes, boolean park) {
    pcs[count] = pc;
    masks[count] = lanes;
    parked[count++] = park;
  }

  /** Keeps the order, so that rotation takes turns. */
  private void remove(int i) {
    count--;
    System.arraycopy(pcs, i + 1, pcs, i, count - i);
    System.arraycopy(masks, i + 1, masks, i, count - i);
    System.arraycopy(parked, i + 1, parked, i, count - i);
  }

  private static int first(int lanes) {
    return Integer.numberOfTrailingZeros(lanes);
  }
}
