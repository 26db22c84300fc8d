package dev.lockstep.simulator.execution;

import dev.lockstep.device.DeviceFault;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

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
 *
 * <p>Under a random schedule groups are drawn instead; groups still become one where one runs into
 * another.
 */
public final class LaneGroups {
  static final int NEVER = Integer.MAX_VALUE;
  static final int STOP = -1;

  private final Warp warp;
  private final int[] pcs = new int[Warp.LANES + 1];
  private final int[] masks = new int[Warp.LANES + 1];
  private final boolean[] parked = new boolean[Warp.LANES + 1];

  /** The barrier that is not aligned at which a parked group waits, or null. */
  private final @Nullable BarrierOp[] barriers = new BarrierOp[Warp.LANES + 1];

  /** Whether a parked group waits where lanes may come to one meeting in several places. */
  private final boolean[] meeting = new boolean[Warp.LANES + 1];

  /** By lane of such a group: whom it waits for. */
  private final int[] named = new int[Warp.LANES];

  /** The lanes that the running group has just met and that came to it in other places. */
  private int elsewhere;

  /** The barrier at which the running group waits while its warp is blocked. */
  private @Nullable BarrierOp barrier;

  private final @Nullable Draw draw;

  /** Groups beside the one that runs. */
  private int count;

  /** Whether the running group was given a turn out of order. */
  private boolean rotated;

  LaneGroups(Warp warp, @Nullable Draw draw) {
    this.warp = warp;
    this.draw = draw;
  }

  /** All lanes start together. */
  void reset(int lanes) {
    count = 0;
    warp.pc = 0;
    warp.code = warp.cta.kernel.code();
    warp.started = lanes;
    warp.alive = lanes;
    warp.setMask(lanes);
    warp.limit = NEVER;
    rotated = false;
    if (warp.calls != null) {
      warp.calls.reset();
    }
  }

  /** The lanes in {@code taken}, some but not all of the active ones, go on elsewhere. */
  public void split(int taken, int target) {
    int staying = warp.mask & ~taken;
    if (draw != null && draw.below(2) == 0) {
      add(warp.pc, staying, false);
      warp.pc = target;
      warp.setMask(taken);
    } else {
      add(target, taken, false);
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
    add(place, warp.mask & ~rest, false);
    while (rest != 0) {
      place = targets[first(rest)];
      int together = at(place, rest, targets);
      add(place, together, false);
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
    for (int i = 0; i < count; i++) {
      // Lanes that end before the barrier's place in the code never were on their way to it.
      if (parked[i] && barriers[i] == null && isBarrier(pcs[i]) && pcs[i] < warp.pc) {
        throw new DeviceFault.BarrierDivergence(
            "a thread exited while others of its warp waited " + place(i),
            warp.cta.site(warp, first(masks[i]), pcs[i]));
      }
      // Who waited for lanes that are gone may be able to go on.
      parked[i] = false;
      barriers[i] = null;
      meeting[i] = false;
    }
    warp.limit = warp.mask == 0 ? STOP : limit();
  }

  /**
   * Called by an operation that needs all lanes together. Takes in those that already wait here;
   * whether all that are left have come. If not, this group is parked and the operation will be
   * executed again.
   */
  public boolean gather() {
    takeIn();
    return goOn((warp.alive & ~warp.mask) == 0 ? warp.mask : 0);
  }

  /** Takes in the lanes that already wait at the operation being executed. */
  public void takeIn() {
    int at = warp.pc - 1;
    elsewhere = 0;
    for (int i = 0; i < count; i++) {
      if (pcs[i] == at) {
        warp.setMask(warp.mask | masks[i]);
        remove(i--);
      }
    }
  }

  /**
   * Executes the operation for these of the active lanes. The others are parked here and will
   * execute it again; whether any are left.
   */
  public boolean goOn(int lanes) {
    int waiting = warp.mask & ~lanes;
    if (waiting != 0) {
      add(warp.pc - 1, waiting, true);
      warp.setMask(lanes);
    }
    warp.limit = lanes == 0 ? STOP : limit();
    return lanes != 0;
  }

  /**
   * Lanes meet, each where it came to do so: those of them that wait in other places go on from
   * there. Whether any of the active ones has met all it names; the others have been parked.
   *
   * @param members by lane, whom it names; only those of active lanes are looked at
   */
  public boolean meet(int[] members) {
    takeIn();
    for (int rest = warp.mask; rest != 0; rest &= rest - 1) {
      named[first(rest)] = members[first(rest)];
    }
    int waiting = 0;
    for (int i = 0; i < count; i++) {
      waiting |= meeting[i] ? masks[i] : 0;
    }
    int met = complete(named, warp.mask | waiting);
    for (int i = count - 1; i >= 0 && (met & warp.mask) != 0; i--) {
      int lanes = meeting[i] ? masks[i] & met : 0;
      if (lanes != 0) {
        int place = pcs[i];
        int left = masks[i] & ~lanes;
        remove(i);
        add(place + 1, lanes, false);
        if (left != 0) {
          add(place, left, true);
          meeting[count - 1] = true;
        }
        elsewhere |= lanes;
      }
    }
    boolean stays = (warp.mask & ~met) != 0;
    boolean any = goOn(met & warp.mask);
    meeting[count > 0 ? count - 1 : 0] |= stays;
    return any;
  }

  /** The lanes that have met in the operation just executed: the active ones, and more. */
  public int met() {
    return warp.mask | elsewhere;
  }

  /** The lanes among {@code here} all of whose members still running are among them, too. */
  public int complete(int[] members, int here) {
    int complete = here;
    int before;
    do {
      before = complete;
      for (int rest = before; rest != 0; rest &= rest - 1) {
        if ((members[first(rest)] & warp.alive & ~before) != 0) {
          complete &= ~(rest & -rest);
        }
      }
    } while (complete != before);
    return complete;
  }

  /**
   * {@link #gather} of all lanes for a barrier to which each may come in its own place: those who
   * came elsewhere stay parked there, until {@link #resume}.
   */
  boolean gatherAtBarrier(BarrierOp op) {
    int at = warp.pc - 1;
    int elsewhere = 0;
    for (int i = 0; i < count; i++) {
      if (pcs[i] == at) {
        warp.setMask(warp.mask | masks[i]);
        remove(i--);
      } else if (barriers[i] != null) {
        elsewhere |= masks[i];
      }
    }
    if ((warp.alive & ~(warp.mask | elsewhere)) == 0) {
      return true;
    }
    park(at);
    barriers[count - 1] = op;
    return false;
  }

  /** Faults unless all lanes of the warp, wherever they came to it, mean one barrier. */
  void requireSameBarrier(BarrierOp op, int id, int threads) {
    if (count == 0 && op.isLiteral()) {
      return;
    }
    boolean same = op.names(warp, warp.mask, id, threads);
    for (int i = 0; i < count; i++) {
      BarrierOp other = barriers[i];
      same &=
          other == null || other.kind() == op.kind() && other.names(warp, masks[i], id, threads);
    }
    if (!same) {
      throw BarrierOp.disagreement(warp);
    }
  }

  /** For how many lanes the predicate of a barrier holds that all lanes have come to. */
  int votes(BarrierOp op) {
    int votes = op.votes(warp, warp.mask);
    for (int i = 0; i < count; i++) {
      BarrierOp other = barriers[i];
      votes += other == null ? 0 : other.votes(warp, masks[i]);
    }
    return votes;
  }

  private void park(int at) {
    add(at, warp.mask, true);
    warp.setMask(0);
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
      add(warp.pc, warp.mask, false);
      warp.setMask(0);
    }
    rotated = rotate;
    int chosen = -1;
    for (int i = 0; i < count; i++) {
      if (!parked[i] && (chosen < 0 || !rotate && order(i, chosen) < 0)) {
        chosen = i;
      }
    }
    if (draw != null && chosen >= 0) {
      chosen = drawn(draw);
    }
    if (chosen < 0) {
      return false;
    }
    warp.pc = pcs[chosen];
    int lanes = masks[chosen];
    remove(chosen);
    for (int i = 0; i < count; i++) {
      if (!parked[i] && pcs[i] == warp.pc && isTogether(lanes, masks[i])) {
        lanes |= masks[i];
        remove(i--);
      }
    }
    warp.setMask(lanes);
    warp.limit = rotate && draw == null ? NEVER : limit();
    return true;
  }

  /** Any group that can run, each as likely. */
  private int drawn(Draw from) {
    int ready = 0;
    for (int i = 0; i < count; i++) {
      ready += parked[i] ? 0 : 1;
    }
    int skip = from.below(ready);
    int chosen = 0;
    while (parked[chosen] || skip-- > 0) {
      chosen++;
    }
    return chosen;
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
    String several =
        isOneOperation()
            ? "; lanes meet in several places of the code only at bar.warp.sync here"
            : "";
    return new DeviceFault.Deadlock(
        "the lanes of a warp wait for each other: " + text + several,
        warp.cta.site(warp, first(masks[0]), pcs[0]));
  }

  /** Whether all groups wait at instructions that differ in nothing but operands. */
  private boolean isOneOperation() {
    String first = place(0).split(" ")[1];
    boolean same = count > 1 && first.contains(".sync") && !first.contains("bar.");
    for (int i = 1; i < count; i++) {
      same &= place(i).split(" ")[1].equals(first);
    }
    return same;
  }

  /** Stops after the instruction being executed, to be asked {@link #next}. */
  void stop() {
    warp.limit = STOP;
  }

  /** Waits at a block-wide barrier to which all lanes have come. */
  void block(BarrierOp op) {
    barrier = op;
    stop();
  }

  /** The barrier all lanes have come to is complete, or asks for no more than to arrive. */
  void resume(int votes, int voters) {
    if (barrier != null) {
      barrier.finish(warp, warp.mask, votes, voters);
      barrier = null;
    }
    for (int i = 0; i < count; i++) {
      BarrierOp there = barriers[i];
      if (there != null) {
        there.finish(warp, masks[i], votes, voters);
        pcs[i]++;
        parked[i] = false;
        barriers[i] = null;
      }
    }
    warp.limit = limit();
  }

  private boolean isBarrier(int pc) {
    return warp.cta.kernel.code()[pc].isBarrier();
  }

  private String place(int i) {
    return warp.cta.where(pcs[i]);
  }

  /** Where the running group has to stop: at the lowest other, or drawn, at the next ahead. */
  private int limit() {
    int from = draw == null ? 0 : warp.pc;
    int lowest = NEVER;
    for (int i = 0; i < count; i++) {
      int place = warp.calls == null ? pcs[i] : place(warp.calls, i);
      if (!parked[i] && place >= from && place < lowest) {
        lowest = place;
      }
    }
    return lowest;
  }

  /** Where another group waits as seen from the function the running one is in. */
  private int place(CallStack calls, int i) {
    return warp.mask == 0 ? NEVER : calls.limit(first(warp.mask), first(masks[i]), pcs[i]);
  }

  /** Which of two waiting groups is further behind. */
  private int order(int i, int j) {
    return warp.calls == null
        ? Integer.compare(pcs[i], pcs[j])
        : warp.calls.compare(first(masks[i]), pcs[i], first(masks[j]), pcs[j]);
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

  private void add(int pc, int lanes, boolean park) {
    pcs[count] = pc;
    masks[count] = lanes;
    barriers[count] = null;
    meeting[count] = false;
    parked[count++] = park;
  }

  /** Keeps the order, so that rotation takes turns. */
  private void remove(int i) {
    count--;
    System.arraycopy(pcs, i + 1, pcs, i, count - i);
    System.arraycopy(masks, i + 1, masks, i, count - i);
    System.arraycopy(parked, i + 1, parked, i, count - i);
    System.arraycopy(barriers, i + 1, barriers, i, count - i);
    System.arraycopy(meeting, i + 1, meeting, i, count - i);
  }

  private static int first(int lanes) {
    return Integer.numberOfTrailingZeros(lanes);
  }
}
