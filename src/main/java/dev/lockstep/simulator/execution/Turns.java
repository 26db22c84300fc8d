package dev.lockstep.simulator.execution;

import dev.lockstep.device.DeviceFault;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Whose turn it is: the warps of a block go on one after the other, in order or as is drawn. */
final class Turns {
  /** Instructions a warp executes before others get a turn; long, as barriers end most turns. */
  private static final int SLICE = 1 << 16;

  /** The same once blocks were seen to wait for each other. */
  private static final int SHORT_SLICE = 1 << 12;

  /** Rounds of turns without an event after which a block seems to wait for another. */
  private static final int PATIENCE = 8;

  private final Cta cta;
  private final Warp[] warps;
  private final long stepLimit;
  private final Barriers barriers;
  private final Convoy convoy;

  /** What draws the order; null when it is that of the warps. */
  private final @Nullable Draw draw;

  /** Instructions of each warp, and whether it waits at a barrier or has ended. */
  private final long[] steps;

  private final boolean[] blocked;
  private final boolean[] done;

  /** Warps that are not done, instructions of turns that are over, and the turn that runs. */
  private int left;

  private long elapsed;
  private int slice;

  /** Whether another block may be what this one waits for, and whether that was seen. */
  private final boolean mayWait;

  private boolean hasWaited;

  /** Warps that came to a barrier or to their end. */
  private long events;

  /** Whether there was any while the block went on last. */
  private boolean moved;

  Turns(Cta cta, Warp[] warps, long stepLimit) {
    this.cta = cta;
    this.warps = warps;
    this.stepLimit = stepLimit;
    this.draw = cta.draw;
    this.mayWait = cta.kernel.company() != LoweredKernel.Company.NONE;
    this.barriers = new Barriers(cta, this, warps.length);
    this.convoy = new Convoy(this, warps, barriers);
    this.steps = new long[warps.length];
    this.blocked = new boolean[warps.length];
    this.done = new boolean[warps.length];
  }

  /**
   * Begins with a block.
   *
   * @param number its place in the grid, x running fastest
   * @param waits whether blocks of this launch were seen to wait for each other
   */
  void begin(long number, boolean waits) {
    hasWaited = waits;
    barriers.reset();
    left = warps.length;
    elapsed = 0;
    Arrays.fill(steps, 0);
    Arrays.fill(blocked, false);
    Arrays.fill(done, false);
    if (draw != null) {
      draw.start(number);
    }
  }

  /**
   * Goes on with the block.
   *
   * @param company whether others are under way, or could be
   * @return whether all warps have ended; if not, they seem to wait for another block
   */
  boolean run(boolean company) {
    long before = events;
    boolean ended = draw == null ? takeTurns(company) : drawTurns(draw, company);
    moved = events != before;
    return ended;
  }

  /** Whether the order is drawn. */
  boolean areDrawn() {
    return draw != null;
  }

  /** Whether a warp came to a barrier or to its end while the block went on last. */
  boolean hasMoved() {
    return moved;
  }

  /** Warp after warp, each until it has to wait. */
  private boolean takeTurns(boolean company) {
    int idle = 0;
    while (left > 0) {
      boolean progress = false;
      long before = events;
      int i = 0;
      while (i < warps.length) {
        if (done[i] || blocked[i]) {
          i++;
          continue;
        }
        progress = true;
        runWarp(i, turn());
        i = convoy.isReady() ? convoy.go(i) : i + 1;
      }
      if (!progress) {
        throw deadlock();
      }
      idle = events == before ? idle + 1 : 0;
      if (mayWait && company && left > 0 && idle >= (hasWaited ? 1 : PATIENCE)) {
        hasWaited = true;
        return false;
      }
    }
    return true;
  }

  /** Any warp that can run, for as long as is drawn. */
  private boolean drawTurns(Draw from, boolean company) {
    int idle = 0;
    while (left > 0) {
      int ready = 0;
      for (int i = 0; i < warps.length; i++) {
        ready += done[i] || blocked[i] ? 0 : 1;
      }
      if (ready == 0) {
        throw deadlock();
      }
      int skip = from.below(ready);
      int chosen = 0;
      while (done[chosen] || blocked[chosen] || skip-- > 0) {
        chosen++;
      }
      long before = events;
      runWarp(chosen, from.turn());
      idle = events == before ? idle + 1 : 0;
      if (mayWait && company && left > 0 && idle >= (hasWaited ? PATIENCE : SHORT_SLICE)) {
        hasWaited = true;
        return false;
      }
    }
    return true;
  }

  /** Runs a warp until it blocks, ends, or has used its turn. */
  private void runWarp(int i, int turn) {
    Warp w = warps[i];
    slice = turn;
    w.budget = turn;
    while (true) {
      try {
        execute(w);
      } catch (Warp.Again again) {
        executeAgain(w);
        continue;
      }
      if (blocked[i] || convoy.isReady()) {
        break;
      }
      if (w.budget == 0 || w.yields) {
        w.yields = false;
        w.groups.next(true);
        break;
      }
      if (!w.groups.next(false)) {
        if (w.alive != 0) {
          throw w.stuck();
        }
        done[i] = true;
        break;
      }
    }
    executed(w, turn - w.budget);
    slice = w.budget;
    if (steps[i] > stepLimit) {
      throw new DeviceFault.StepLimit(stepLimit, cta.site(w, w.firstLane() & 31, w.pc));
    }
    if (done[i]) {
      events++;
      left--;
      barriers.exited();
    }
  }

  private int turn() {
    return hasWaited ? SHORT_SLICE : SLICE;
  }

  private static void execute(Warp w) {
    Op[] code = w.code;
    while (w.pc < w.limit && w.budget > 0) {
      w.budget--;
      code[w.pc++].execute(w);
    }
  }

  /** Executes, by other code, an instruction that gave up after it had been counted. */
  static void executeAgain(Warp w) {
    Tally tally = w.tally;
    w.tally = tally == null ? null : tally.spare();
    try {
      w.code[w.pc - 1].execute(w);
    } finally {
      w.tally = tally;
    }
  }

  /** Notes what a warp has executed. */
  void executed(Warp w, int instructions) {
    elapsed += instructions;
    steps[w.index] += instructions;
  }

  /** How much a warp may execute before it has to be looked at by itself. */
  int allowed(Warp w) {
    return (int) Math.min(turn(), stepLimit - steps[w.index]);
  }

  /** Instructions executed in this block so far, the one being executed by {@code w} included. */
  long cycles(Warp w) {
    return elapsed + slice - w.budget;
  }

  void arrive(Warp w, BarrierOp op, int id, int threads) {
    events++;
    if (op.kind().waits()) {
      blocked[w.index] = true;
      w.arrivals.block(op);
      barriers.arrive(w, op, id, threads);
      if (!blocked[w.index] && left == warps.length) {
        convoy.met(w);
      }
    } else {
      barriers.arrive(w, op, id, threads);
      w.arrivals.resume(0, 0);
    }
  }

  /** All warps have come to a barrier, though none has executed it. */
  void met() {
    events += warps.length;
  }

  boolean isBlocked(int warp) {
    return blocked[warp];
  }

  /** A barrier is complete: the warp may go on. */
  void release(int warp, int votes, int voters) {
    blocked[warp] = false;
    warps[warp].arrivals.resume(votes, voters);
  }

  int warpsLeft() {
    return left;
  }

  int warpCount() {
    return warps.length;
  }

  /** Instructions all warps have executed in the block run last. */
  long instructions() {
    long sum = 0;
    for (long count : steps) {
      sum += count;
    }
    return sum;
  }

  /** What to report of a block that waits for what does not come. */
  DeviceFault endless() {
    Warp w = warps[0];
    for (Warp other : warps) {
      if (!done[other.index] && !blocked[other.index]) {
        w = other;
      }
    }
    return new DeviceFault.StepLimit(stepLimit, cta.site(w, w.firstLane() & 31, w.pc));
  }

  private DeviceFault deadlock() {
    List<String> waiting = new ArrayList<>();
    Warp first = null;
    for (Warp w : warps) {
      if (blocked[w.index]) {
        first = first == null ? w : first;
        waiting.add("warp " + w.index + " waits " + cta.kernel.where(w.pc - 1));
      }
    }
    Warp w = first == null ? warps[0] : first;
    return new DeviceFault.Deadlock(
        String.join("; ", waiting), cta.site(w, w.firstLane() & 31, w.pc - 1));
  }
}
