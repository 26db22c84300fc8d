package dev.lockstep.simulator.execution;

import dev.lockstep.device.DeviceFault;
import org.jspecify.annotations.Nullable;

/**
 * What a warp does when its lanes part ways: lanes at the same instruction form a group, and one
 * group runs at a time.
 *
 * <p>The group furthest behind in the code runs first, up to where another group waits, and groups
 * that meet become one. As the code is laid out with every loop in one piece and joins behind what
 * they join, that brings lanes together as early as structured code allows, copes with irreducible
 * flow, and needs no stack. A group that must wait for others (a warp-wide operation, a barrier) is
 * parked. A group that runs for long while others could is set aside for a while, and sooner if it
 * only looks for what others have to do, so that lanes spinning on a lock let its owner go on.
 *
 * <p>Under a random schedule groups are drawn instead; groups still become one where one runs into
 * another.
 */
public final class LaneGroups {
  static final int NEVER = Integer.MAX_VALUE;
  static final int STOP = -1;

  /** How often a group looks in vain before others of its warp get a turn. */
  private static final int PATIENCE = 16;

  private final Warp warp;
  private final Aside aside;
  private final @Nullable Draw draw;

  /** Whether the running group was given a turn out of order. */
  private boolean rotated;

  /** How often the running group has looked for something and changed nothing since. */
  private int looks;

  LaneGroups(Warp warp, Aside aside, @Nullable Draw draw) {
    this.warp = warp;
    this.aside = aside;
    this.draw = draw;
  }

  /** All lanes start together. */
  void reset(int lanes) {
    aside.clear();
    warp.pc = 0;
    warp.code = warp.cta.kernel.code();
    warp.started = lanes;
    warp.alive = lanes;
    warp.setMask(lanes);
    warp.limit = NEVER;
    rotated = false;
    looks = 0;
    warp.meetings.reset();
    if (warp.calls != null) {
      warp.calls.reset();
    }
  }

  /** The lanes in {@code taken}, some but not all of the active ones, go on elsewhere. */
  public void split(int taken, int target) {
    int staying = warp.mask & ~taken;
    if (draw != null && draw.below(2) == 0) {
      aside.add(warp.pc, staying);
      warp.pc = target;
      warp.setMask(taken);
    } else {
      aside.add(target, taken);
      warp.setMask(staying);
    }
    warp.limit = limit();
  }

  /** Every active lane goes on at a place of its own. */
  public void scatter(int[] targets) {
    int place = targets[first(warp.mask)];
    int rest = warp.mask & ~at(place, warp.mask, targets);
    if (rest == 0) {
      warp.pc = place;
      moved();
      return;
    }
    aside.add(place, warp.mask & ~rest);
    while (rest != 0) {
      place = targets[first(rest)];
      int together = at(place, rest, targets);
      aside.add(place, together);
      rest &= ~together;
    }
    warp.setMask(0);
    warp.limit = STOP;
  }

  /** The running group has entered or left a function: others wait at other places from there. */
  public void moved() {
    if (!rotated) {
      warp.limit = limit();
    }
  }

  /** These lanes, some or all of the active ones, are done. */
  public void exit(int lanes) {
    warp.alive &= ~lanes;
    warp.setMask(warp.mask & ~lanes);
    for (int i = 0; i < aside.count(); i++) {
      LaneGroup group = aside.get(i);
      // Lanes that end before the barrier's place in the code never were on their way to it.
      if (group.parked
          && group.barrier == null
          && warp.code[group.pc].isBarrier()
          && isBehind(group.first(), group.pc, first(lanes), warp.pc)) {
        throw new DeviceFault.BarrierDivergence(
            "a thread exited while others of its warp waited " + warp.cta.kernel.where(group.pc),
            warp.cta.site(warp, group.first(), group.pc));
      }
      // Who waited for lanes that are gone may be able to go on.
      group.wake();
    }
    goOn(false);
  }

  /**
   * Called by an operation that needs all lanes together at it. Takes in those that already wait
   * here; whether all that are left have come. If not, this group is parked and the operation will
   * be executed again.
   */
  public boolean gather() {
    takeIn();
    boolean all = (warp.alive & ~warp.mask) == 0;
    if (!all) {
      aside.park(warp.pc - 1, warp.mask);
      warp.setMask(0);
    }
    goOn(false);
    return all;
  }

  /** Takes in the lanes that already wait at the operation being executed. */
  void takeIn() {
    warp.setMask(warp.mask | aside.takeParked(warp.pc - 1));
  }

  /**
   * Goes on with the active lanes, if any.
   *
   * @param later no further than this instruction: others must follow at once
   */
  void goOn(boolean later) {
    warp.limit = later || warp.mask == 0 ? STOP : limit();
  }

  /**
   * The running group has accessed memory as threads do that wait for each other.
   *
   * @param changed whether memory is not as it was
   */
  public void spoke(boolean changed) {
    looks = changed ? 0 : looks + 1;
    if (looks >= PATIENCE && aside.count() > 0) {
      stop();
    }
  }

  /** Stops after the instruction being executed, to be asked {@link #next}. */
  void stop() {
    warp.limit = STOP;
  }

  /**
   * Puts the running group, if any, beside the others and takes the next. False when no lane can
   * run: all exited, or all wait.
   *
   * @param rotate take the group that waited longest, even if it is not the one furthest behind
   */
  boolean next(boolean rotate) {
    if (warp.mask != 0) {
      aside.add(warp.pc, warp.mask);
      warp.setMask(0);
    }
    int due = warp.meetings.nextDue();
    if (due >= 0) {
      take(due);
      warp.limit = warp.pc + 1;
      return true;
    }
    rotated = rotate || looks >= PATIENCE;
    looks = 0;
    int chosen = draw == null ? chosen(rotated) : drawn(draw);
    if (chosen < 0) {
      return false;
    }
    int lanes = take(chosen);
    for (int i = 0; i < aside.count(); i++) {
      LaneGroup other = aside.get(i);
      if (!other.parked && other.pc == warp.pc && isTogether(lanes, other.lanes)) {
        lanes |= other.lanes;
        aside.remove(i--);
      }
    }
    warp.setMask(lanes);
    warp.limit = rotated && draw == null ? NEVER : limit();
    return true;
  }

  private int take(int i) {
    LaneGroup group = aside.get(i);
    warp.pc = group.pc;
    warp.setMask(group.lanes);
    aside.remove(i);
    return warp.mask;
  }

  private int chosen(boolean rotate) {
    int chosen = -1;
    for (int i = 0; i < aside.count(); i++) {
      if (!aside.get(i).parked && (chosen < 0 || !rotate && isBehind(i, chosen))) {
        chosen = i;
      }
    }
    return chosen;
  }

  /** Any group that can run, each as likely. */
  private int drawn(Draw from) {
    int ready = 0;
    for (int i = 0; i < aside.count(); i++) {
      ready += aside.get(i).parked ? 0 : 1;
    }
    if (ready == 0) {
      return -1;
    }
    int skip = from.below(ready);
    int chosen = 0;
    while (aside.get(chosen).parked || skip-- > 0) {
      chosen++;
    }
    return chosen;
  }

  /** Where the running group has to stop: at the lowest other, or drawn, at the next ahead. */
  private int limit() {
    int from = draw == null ? 0 : warp.pc;
    int lowest = NEVER;
    for (int i = 0; i < aside.count(); i++) {
      LaneGroup group = aside.get(i);
      int place = warp.calls == null ? group.pc : place(warp.calls, group);
      if (!group.parked && place >= from && place < lowest) {
        lowest = place;
      }
    }
    return lowest;
  }

  /** Where another group waits as seen from the function the running one is in. */
  private int place(CallStack calls, LaneGroup group) {
    return warp.mask == 0 ? NEVER : calls.limit(first(warp.mask), group.first(), group.pc);
  }

  /** Whether one of two waiting groups is further behind. */
  private boolean isBehind(int i, int j) {
    LaneGroup a = aside.get(i);
    LaneGroup b = aside.get(j);
    return isBehind(a.first(), a.pc, b.first(), b.pc);
  }

  private boolean isBehind(int a, int pcA, int b, int pcB) {
    return warp.calls == null ? pcA < pcB : warp.calls.compare(a, pcA, b, pcB) < 0;
  }

  /**
   * Whether lanes at one place also return to the same ones; a group may hold lanes that do not.
   */
  private boolean isTogether(int lanes, int others) {
    return warp.calls == null || warp.calls.compare(first(lanes), 0, first(others), 0) == 0;
  }

  private static int at(int place, int lanes, int[] targets) {
    int there = 0;
    for (int rest = lanes; rest != 0; rest &= rest - 1) {
      int lane = first(rest);
      there |= targets[lane] == place ? 1 << lane : 0;
    }
    return there;
  }

  private static int first(int lanes) {
    return Integer.numberOfTrailingZeros(lanes);
  }
}
