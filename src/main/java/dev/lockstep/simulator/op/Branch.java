package dev.lockstep.simulator.op;

import dev.lockstep.simulator.execution.Op;
import dev.lockstep.simulator.execution.Warp;
import org.jspecify.annotations.Nullable;

/** A conditional branch. */
public final class Branch extends Op {
  private final int predicate;
  private final int flip;
  private final boolean guard;
  private int target;
  private boolean takenExits;

  /**
   * Takes whom a predicate chooses.
   *
   * @param guard whether it stands for the guard of the instruction it leads around
   */
  public Branch(int predicate, boolean negated, boolean guard) {
    this.predicate = predicate;
    this.flip = negated ? -1 : 0;
    this.guard = guard;
  }

  /** Whether those it takes have been at the instruction it leads around, and took no part. */
  public boolean isGuard() {
    return guard;
  }

  /**
   * Called once the code is laid out.
   *
   * @param exits whether the target does nothing but end the thread. Lanes that go there are gone
   *     at once, so that a thread that returns early never counts as one that missed a barrier
   */
  public void link(int target, boolean exits) {
    this.target = target;
    this.takenExits = exits;
  }

  /** The branch that an op is, or only looks at before it is executed; null for any other op. */
  public static @Nullable Branch of(Op op) {
    return switch (op) {
      case Branch branch -> branch;
      case WatchedBranch watched -> of(watched.watched());
      default -> null;
    };
  }

  /** Those of the active lanes that go elsewhere. */
  public int taken(Warp w) {
    return w.mask & (w.predicates[predicate] ^ flip);
  }

  /** The pc of those who go elsewhere. */
  public int target() {
    return target;
  }

  /** Whether lanes that part with others here end at once. */
  public boolean takenExits() {
    return takenExits;
  }

  @Override
  public void execute(Warp w) {
    int taken = taken(w);
    if (taken == w.mask) {
      w.pc = target;
    } else if (taken != 0) {
      if (takenExits) {
        w.groups.exit(taken);
      } else {
        w.groups.split(taken, target);
      }
    }
  }
}
