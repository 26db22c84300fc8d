package dev.lockstep.simulator.jit;

import dev.lockstep.simulator.execution.IdleLanes;
import dev.lockstep.simulator.execution.Op;
import dev.lockstep.simulator.execution.Warp;
import dev.lockstep.simulator.op.Branch;
import dev.lockstep.simulator.op.WatchedBranch;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Parts of a segment for warps of which some lanes are active: the same loops over all lanes, after
 * which the idle ones get back what they had.
 */
final class SomeLanes {
  private final Op[] ops;

  /** By op: the pc behind it, or behind the last op that looks at it. */
  private final int[] behind;

  private SomeLanes(List<Op> ops, List<Integer> behind) {
    this.ops = ops.toArray(Op[]::new);
    this.behind = behind.stream().mapToInt(Integer::intValue).toArray();
  }

  /**
   * Parts that do not wait.
   *
   * @param pc behind the first instruction
   * @param code of those parts that have some, in their order
   */
  static SomeLanes of(List<Part> parts, int pc, Iterator<BoundCode> code) {
    List<Op> ops = new ArrayList<>();
    List<Integer> behind = new ArrayList<>();
    int at = pc;
    for (Part part : parts) {
      switch (part) {
        case Part.Run run -> ops.add(new Run(code.next(), run));
        case Part.Passed passed -> ops.add(Passing.of(passed, code));
        case Part.Single single -> {
          ops.add(single.op());
          at = single.behind();
        }
        case Part.Butterfly butterfly ->
            throw new IllegalArgumentException("lanes would wait: " + butterfly);
      }
      behind.add(at);
    }
    return new SomeLanes(ops, behind);
  }

  void execute(Warp w) {
    for (int i = 0; i < ops.length; i++) {
      w.pc = behind[i];
      ops[i].execute(w);
    }
  }

  /** A loop over all lanes. */
  static final class Run extends Op {
    private final BoundCode code;

    /** What it changes, by file. */
    private final int[][] written;

    Run(BoundCode code, Part.Run run) {
      this.code = code;
      this.written = new int[Place.PREDICATES + 1][];
      for (int file = 0; file < written.length; file++) {
        int here = file;
        written[file] =
            run.written().stream()
                .filter(place -> place.file() == here)
                .mapToInt(Place::index)
                .toArray();
      }
    }

    /** The same where all lanes may be active. */
    void executeAny(Warp w) {
      if (w.full) {
        code.run(w);
      } else {
        execute(w);
      }
    }

    @Override
    public void execute(Warp w) {
      IdleLanes idle = w.idle;
      idle.keep(w, written);
      code.run(w);
      idle.giveBack(w, written);
    }
  }

  /** Parts that a branch passes over, for lanes that do not take it. */
  static final class Passing extends Op {
    private final Branch branch;
    private final @Nullable WatchedBranch watched;
    private final int length;
    private final SomeLanes parts;

    private Passing(Op branch, int length, SomeLanes parts) {
      this.branch = Objects.requireNonNull(Branch.of(branch));
      this.watched = branch instanceof WatchedBranch around ? around : null;
      this.length = length;
      this.parts = parts;
    }

    /**
     * @param code of its parts that have some, in their order
     */
    static Passing of(Part.Passed passed, Iterator<BoundCode> code) {
      return new Passing(
          passed.branch(),
          passed.length(),
          SomeLanes.of(passed.parts(), passed.behind() + 1, code));
    }

    /** Those of the active lanes that take the branch, seen by who watches it. */
    private int taken(Warp w) {
      int taken = branch.taken(w);
      if (watched != null) {
        watched.before(w, taken);
      }
      return taken;
    }

    /**
     * Whether all active lanes are to execute what the branch passes over. If some are, they have
     * done so.
     */
    boolean enters(Warp w) {
      int lanes = w.mask;
      int taken = taken(w);
      if (taken == 0) {
        return true;
      }
      if (taken == lanes) {
        w.leaveOut(length);
        return false;
      }
      w.setMask(lanes & ~taken);
      try {
        parts.execute(w);
      } catch (RuntimeException left) {
        // Those who go on in other code do so without those who took the branch.
        w.setMask(lanes);
        branch.execute(w);
        throw left;
      }
      w.setMask(lanes);
      return false;
    }

    /**
     * Makes those of a full warp the active lanes that are to execute what the branch passes over;
     * whether there are any.
     */
    boolean admits(Warp w) {
      int taken = taken(w);
      if (taken == -1) {
        w.leaveOut(length);
        return false;
      }
      if (taken != 0) {
        w.setMask(~taken);
      }
      return true;
    }

    @Override
    public void execute(Warp w) {
      if (enters(w)) {
        parts.execute(w);
      }
    }
  }
}
