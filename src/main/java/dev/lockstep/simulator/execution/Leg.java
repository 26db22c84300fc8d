package dev.lockstep.simulator.execution;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Code that ends with a barrier for all threads of the block, as one op. A whole block can take it
 * without the barrier's bookkeeping for each warp: see {@link Convoy}.
 */
public abstract class Leg extends Op {
  private final @Nullable Op end;

  /** The barrier that {@link #end} is or stands around; null when the code ends otherwise. */
  private final @Nullable BarrierOp barrier;

  /**
   * @param end the barrier, for which {@link #canEndWith} holds; null if there is none
   */
  protected Leg(@Nullable Op end) {
    this.end = end;
    this.barrier = end == null ? null : barrier(end);
  }

  /** Whether an op is a barrier that warps may take together. */
  public static boolean canEndWith(Op op) {
    return barrier(op) != null;
  }

  private static @Nullable BarrierOp barrier(Op op) {
    return switch (op) {
      case BarrierOp barrier when barrier.isForAll() -> barrier;
      case WatchedBarrier watched -> barrier(watched.watched());
      default -> null;
    };
  }

  /**
   * Has warp after warp execute all but the barrier, and counts that, too.
   *
   * @param first with which to begin; behind the last comes the one at 0
   * @return how many have; the next has done nothing, and is to execute the op as any other
   */
  protected abstract int reachBarrier(Warp[] warps, int first);

  /** Whether a warp that was about to execute this has executed all but the barrier. */
  protected abstract boolean hasReachedBarrier(Warp w);

  /** The number of the barrier at its end, or −1 for none. */
  final int barrier(Warp w) {
    return barrier == null ? -1 : barrier.number(w);
  }

  /** Executes the barrier for a warp that has reached it. */
  final void arrive(Warp w) {
    Objects.requireNonNull(end).execute(w);
  }

  /** Tells those who want to know that all warps of a block have met at the barrier. */
  final void met(Warp last, int waited) {
    Op op = Objects.requireNonNull(end);
    while (op instanceof WatchedBarrier watched) {
      watched.met(last, waited);
      op = watched.watched();
    }
  }
}
