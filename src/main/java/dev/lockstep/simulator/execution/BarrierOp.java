package dev.lockstep.simulator.execution;

import dev.lockstep.device.DeviceFault;

/**
 * {@code barrier.sync}, {@code .arrive} and {@code .red}, and {@code bar}, which is the same with
 * {@code .aligned} (PTX ISA 9.7.13.1). A thread waits for the threads of its own warp that have not
 * exited; then the warp has arrived, and but for {@code .arrive} waits until all warps of the
 * block, or as many threads as the instruction says, have arrived.
 *
 * <p>Aligned, all lanes of a warp must come to the same instruction. Otherwise each may come to one
 * of its own, as long as it does the same at the same barrier.
 */
public final class BarrierOp extends Op {
  /** What becomes of those who arrive. */
  public enum Kind {
    SYNC,
    ARRIVE,
    /** Waits, and learns for how many threads a predicate holds. */
    POPC,
    /** Waits, and learns whether a predicate holds for all. */
    AND,
    /** Waits, and learns whether a predicate holds for any. */
    OR;

    boolean waits() {
      return this != ARRIVE;
    }

    boolean reduces() {
      return waits() && this != SYNC;
    }
  }

  private final Kind kind;
  private final boolean aligned;
  private final int id;
  private final int threads;
  private final boolean literal;
  private final int predicate;
  private final int result;

  /**
   * @param id int register with the barrier's number, uniform
   * @param threads int register with the thread count, or −1 for the whole block
   * @param literal whether both are written out, so that all lanes name the same
   * @param predicate what is reduced, if anything
   * @param result where that goes: an int register for POPC, else a predicate
   */
  public BarrierOp(
      Kind kind, boolean aligned, int id, int threads, boolean literal, int predicate, int result) {
    this.kind = kind;
    this.aligned = aligned;
    this.id = id;
    this.threads = threads;
    this.literal = literal;
    this.predicate = predicate;
    this.result = result;
  }

  @Override
  public void execute(Warp w) {
    if (aligned ? !w.full && !w.groups.gather() : !w.arrivals.gather(this)) {
      return;
    }
    int number = number(w);
    int count = threads < 0 ? 0 : w.ints[threads][w.firstLane()];
    w.arrivals.requireSame(this, number, count);
    w.arriveAtBarrier(this, number, count);
  }

  Kind kind() {
    return kind;
  }

  /** Whether any full warp that executes it waits there for all that are left of the block. */
  boolean isForAll() {
    return kind == Kind.SYNC && aligned && literal && threads < 0;
  }

  /** Which barrier a warp names whose lanes all name one. */
  int number(Warp w) {
    return w.ints[id][w.firstLane()];
  }

  /** Whether all lanes that execute it name the same barrier and count. */
  boolean isLiteral() {
    return literal;
  }

  /** Whether these lanes name this barrier and this count. */
  boolean names(Warp w, int lanes, int number, int count) {
    boolean same = true;
    for (int rest = literal ? Integer.lowestOneBit(lanes) : lanes; rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      same &= w.ints[id][lane] == number;
      same &= (threads < 0 ? 0 : w.ints[threads][lane]) == count;
    }
    return same;
  }

  /** For how many of these lanes the predicate holds. */
  int votes(Warp w, int lanes) {
    return kind.reduces() ? Integer.bitCount(w.predicates[predicate] & lanes) : 0;
  }

  /** Hands these lanes what all threads together gave. */
  void finish(Warp w, int lanes, int votes, int voters) {
    switch (kind) {
      case SYNC, ARRIVE -> {}
      case POPC -> {
        for (int rest = lanes; rest != 0; rest &= rest - 1) {
          w.ints[result][Integer.numberOfTrailingZeros(rest)] = votes;
        }
      }
      case AND -> set(w, lanes, votes == voters);
      case OR -> set(w, lanes, votes != 0);
    }
  }

  private void set(Warp w, int lanes, boolean value) {
    w.predicates[result] = w.predicates[result] & ~lanes | (value ? lanes : 0);
  }

  /** The fault of lanes of one warp that do not agree on what they wait for. */
  static DeviceFault.BarrierDivergence disagreement(Warp w) {
    return new DeviceFault.BarrierDivergence(
        "threads of a warp name different barriers or thread counts", w.site(w.firstLane()));
  }

  @Override
  public boolean isBarrier() {
    return true;
  }
}
