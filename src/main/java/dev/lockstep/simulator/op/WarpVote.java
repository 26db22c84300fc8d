package dev.lockstep.simulator.op;

import dev.lockstep.simulator.execution.Op;
import dev.lockstep.simulator.execution.Slot;
import dev.lockstep.simulator.execution.Warp;

/**
 * {@code vote.sync}, {@code match.sync}, {@code redux.sync}, {@code bar.warp.sync} and {@code
 * activemask}: what lanes find out about each other.
 */
public final class WarpVote {
  private WarpVote() {}

  /** {@code vote.sync.all}, {@code any}, {@code uni} into a predicate. */
  public static final class Vote extends Op implements WarpSync {
    /** What is asked. */
    public enum Mode {
      ALL,
      ANY,
      UNI
    }

    private final Mode mode;
    private final int d;
    private final int predicate;
    private final Members members;

    public Vote(Mode mode, int d, int predicate, Members members) {
      this.mode = mode;
      this.d = d;
      this.predicate = predicate;
      this.members = members;
    }

    @Override
    public Members members() {
      return members;
    }

    @Override
    public void execute(Warp w) {
      if (!members.met(w)) {
        return;
      }
      int answers = 0;
      for (int rest = w.mask; rest != 0; rest &= rest - 1) {
        int lane = Integer.numberOfTrailingZeros(rest);
        int voters = members.of(w, lane) & w.mask;
        int yes = voters & w.predicates[predicate];
        boolean answer =
            switch (mode) {
              case ALL -> yes == voters;
              case ANY -> yes != 0;
              case UNI -> yes == voters || yes == 0;
            };
        answers |= answer ? 1 << lane : 0;
      }
      w.keepPredicate(d, answers);
    }
  }

  /** {@code vote.sync.ballot}: the lanes whose predicate holds. */
  public static final class Ballot extends Op implements WarpSync {
    private final int d;
    private final int predicate;
    private final Members members;

    public Ballot(Slot<int[]> d, int predicate, Members members) {
      this.d = d.index();
      this.predicate = predicate;
      this.members = members;
    }

    @Override
    public Members members() {
      return members;
    }

    @Override
    public void execute(Warp w) {
      if (!members.met(w)) {
        return;
      }
      int yes = w.predicates[predicate] & w.mask;
      for (int rest = w.mask; rest != 0; rest &= rest - 1) {
        int lane = Integer.numberOfTrailingZeros(rest);
        w.ints[d][lane] = members.of(w, lane) & yes;
      }
    }
  }

  /** {@code match.sync} on 32 or 64 bits: which lanes hold the same value. */
  public static final class Match extends Op implements WarpSync {
    private final boolean all;
    private final int d;
    private final int matched;
    private final int file;
    private final int a;
    private final Members members;

    /**
     * @param all whether all must be equal: else 0 is the answer
     * @param matched predicate for {@code all}, or −1
     */
    public Match(boolean all, Slot<int[]> d, int matched, Slot<?> a, Members members) {
      this.all = all;
      this.d = d.index();
      this.matched = matched;
      this.file = a.file();
      this.a = a.index();
      this.members = members;
    }

    @Override
    public Members members() {
      return members;
    }

    @Override
    public void execute(Warp w) {
      if (!members.met(w)) {
        return;
      }
      int[] answers = w.scratchInts;
      int equal = 0;
      for (int rest = w.mask; rest != 0; rest &= rest - 1) {
        int lane = Integer.numberOfTrailingZeros(rest);
        int group = members.of(w, lane) & w.mask;
        int same = 0;
        for (int others = group; others != 0; others &= others - 1) {
          int other = Integer.numberOfTrailingZeros(others);
          same |= value(w, other) == value(w, lane) ? 1 << other : 0;
        }
        answers[lane] = all && same != group ? 0 : same;
        equal |= same == group ? 1 << lane : 0;
      }
      for (int rest = w.mask; rest != 0; rest &= rest - 1) {
        int lane = Integer.numberOfTrailingZeros(rest);
        w.ints[d][lane] = answers[lane];
      }
      if (matched >= 0) {
        w.keepPredicate(matched, equal);
      }
    }

    private long value(Warp w, int lane) {
      return file == Slot.LONGS ? w.longs[a][lane] : w.ints[a][lane];
    }
  }

  /** {@code redux.sync}: combines a register over lanes. */
  public static final class Reduce extends Op implements WarpSync {
    /** Combines two values. */
    @FunctionalInterface
    public interface Function {
      int apply(int a, int b);
    }

    private final Function function;
    private final int d;
    private final int a;
    private final Members members;

    public Reduce(Function function, Slot<int[]> d, Slot<int[]> a, Members members) {
      this.function = function;
      this.d = d.index();
      this.a = a.index();
      this.members = members;
    }

    @Override
    public Members members() {
      return members;
    }

    @Override
    public void execute(Warp w) {
      if (!members.met(w)) {
        return;
      }
      int[] results = w.scratchInts;
      for (int rest = w.mask; rest != 0; rest &= rest - 1) {
        int lane = Integer.numberOfTrailingZeros(rest);
        int group = members.of(w, lane) & w.mask;
        int sum = w.ints[a][Integer.numberOfTrailingZeros(group)];
        for (int others = group & (group - 1); others != 0; others &= others - 1) {
          sum = function.apply(sum, w.ints[a][Integer.numberOfTrailingZeros(others)]);
        }
        results[lane] = sum;
      }
      for (int rest = w.mask; rest != 0; rest &= rest - 1) {
        int lane = Integer.numberOfTrailingZeros(rest);
        w.ints[d][lane] = results[lane];
      }
    }
  }

  /** {@code bar.warp.sync}: waits for the members, wherever in the code each executes one. */
  public static final class Sync extends Op implements WarpSync {
    private final Members members;

    public Sync(Members members) {
      this.members = members;
    }

    @Override
    public Members members() {
      return members;
    }

    @Override
    public void execute(Warp w) {
      members.metAnywhere(w);
    }
  }

  /** {@code activemask}: the lanes that happen to be here. */
  public static final class ActiveMask extends Op {
    private final int d;

    public ActiveMask(Slot<int[]> d) {
      this.d = d.index();
    }

    @Override
    public void execute(Warp w) {
      for (int rest = w.mask; rest != 0; rest &= rest - 1) {
        w.ints[d][Integer.numberOfTrailingZeros(rest)] = w.mask;
      }
    }
  }
}
