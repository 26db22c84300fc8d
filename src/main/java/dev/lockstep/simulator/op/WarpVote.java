package dev.lockstep.simulator.op;

import dev.lockstep.simulator.execution.MeetingOp;
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
  public static final class Vote extends MeetingOp {
    /** What is asked. */
    public enum Mode {
      ALL,
      ANY,
      UNI
    }

    private final Mode mode;
    private final int d;
    private final int predicate;

    public Vote(Mode mode, int d, int predicate, Terms terms) {
      super(terms);
      this.mode = mode;
      this.d = d;
      this.predicate = predicate;
    }

    @Override
    protected void tell(Warp w) {
      w.meetings.tellPredicate(w.predicates[predicate]);
    }

    @Override
    public void execute(Warp w) {
      if (!isMet(w)) {
        return;
      }
      int met = w.meetings.met();
      int told = w.meetings.toldPredicate(w.predicates[predicate]);
      int answers = 0;
      for (int rest = w.mask; rest != 0; rest &= rest - 1) {
        int lane = Integer.numberOfTrailingZeros(rest);
        int voters = members(w, lane) & met;
        int yes = voters & told;
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
  public static final class Ballot extends MeetingOp {
    private final int d;
    private final int predicate;

    public Ballot(Slot<int[]> d, int predicate, Terms terms) {
      super(terms);
      this.d = d.index();
      this.predicate = predicate;
    }

    @Override
    protected void tell(Warp w) {
      w.meetings.tellPredicate(w.predicates[predicate]);
    }

    @Override
    public void execute(Warp w) {
      if (!isMet(w)) {
        return;
      }
      int told = w.meetings.toldPredicate(w.predicates[predicate]);
      int yes = told & w.meetings.met();
      for (int rest = w.mask; rest != 0; rest &= rest - 1) {
        int lane = Integer.numberOfTrailingZeros(rest);
        w.ints[d][lane] = members(w, lane) & yes;
      }
    }
  }

  /** {@code match.sync} on 32 or 64 bits: which lanes hold the same value. */
  public static final class Match extends MeetingOp {
    private final boolean all;
    private final int d;
    private final int matched;
    private final boolean wide;
    private final int a;

    /**
     * @param all whether all must be equal: else 0 is the answer
     * @param matched predicate for {@code all}, or −1
     */
    public Match(boolean all, Slot<int[]> d, int matched, Slot<?> a, Terms terms) {
      super(terms);
      this.all = all;
      this.d = d.index();
      this.matched = matched;
      this.wide = a.file() == Slot.LONGS;
      this.a = a.index();
    }

    @Override
    protected void tell(Warp w) {
      if (wide) {
        w.meetings.tell(w.longs[a]);
      } else {
        w.meetings.tell(w.ints[a]);
      }
    }

    @Override
    public void execute(Warp w) {
      if (!isMet(w)) {
        return;
      }
      int met = w.meetings.met();
      int[] answers = w.scratchInts;
      int equal = 0;
      for (int rest = w.mask; rest != 0; rest &= rest - 1) {
        int lane = Integer.numberOfTrailingZeros(rest);
        int group = members(w, lane) & met;
        int same = 0;
        for (int others = group; others != 0; others &= others - 1) {
          int other = Integer.numberOfTrailingZeros(others);
          same |= isSame(w, lane, other) ? 1 << other : 0;
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

    private boolean isSame(Warp w, int lane, int other) {
      if (wide) {
        long[] told = w.meetings.told(w.longs[a]);
        return told[lane] == told[other];
      }
      int[] told = w.meetings.told(w.ints[a]);
      return told[lane] == told[other];
    }
  }

  /** {@code redux.sync}: combines a register over lanes. */
  public static final class Reduce extends MeetingOp {
    /** Combines two values. */
    @FunctionalInterface
    public interface Function {
      int apply(int a, int b);
    }

    private final Function function;
    private final int d;
    private final int a;

    public Reduce(Function function, Slot<int[]> d, Slot<int[]> a, Terms terms) {
      super(terms);
      this.function = function;
      this.d = d.index();
      this.a = a.index();
    }

    @Override
    protected void tell(Warp w) {
      w.meetings.tell(w.ints[a]);
    }

    @Override
    public void execute(Warp w) {
      if (!isMet(w)) {
        return;
      }
      int met = w.meetings.met();
      int[] told = w.meetings.told(w.ints[a]);
      int[] results = w.scratchInts;
      for (int rest = w.mask; rest != 0; rest &= rest - 1) {
        int lane = Integer.numberOfTrailingZeros(rest);
        int group = members(w, lane) & met;
        int sum = told[Integer.numberOfTrailingZeros(group)];
        for (int others = group & (group - 1); others != 0; others &= others - 1) {
          sum = function.apply(sum, told[Integer.numberOfTrailingZeros(others)]);
        }
        results[lane] = sum;
      }
      for (int rest = w.mask; rest != 0; rest &= rest - 1) {
        int lane = Integer.numberOfTrailingZeros(rest);
        w.ints[d][lane] = results[lane];
      }
    }
  }

  /** {@code bar.warp.sync}: waits for the members. */
  public static final class Sync extends MeetingOp {
    public Sync(Terms terms) {
      super(terms);
    }

    @Override
    public void execute(Warp w) {
      isMet(w);
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
