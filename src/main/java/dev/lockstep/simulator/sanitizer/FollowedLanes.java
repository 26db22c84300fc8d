package dev.lockstep.simulator.sanitizer;

import dev.lockstep.ptx.Instruction;
import dev.lockstep.ptx.Operand;
import dev.lockstep.ptx.Register;
import dev.lockstep.simulator.execution.Op;
import dev.lockstep.simulator.execution.Warp;
import dev.lockstep.simulator.op.Shuffle;
import java.util.Arrays;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What lanes tell each other. */
final class FollowedLanes {
  private FollowedLanes() {}

  /** Lanes that hear a value from others. */
  private abstract static class Heard extends Followed {
    final int value;
    private final @Nullable Register result;
    private final int number;

    /** The predicate that {@code match.all} sets, which hangs on the same; −1 for none. */
    private int agreed = -1;

    Heard(Op op, Instruction in, NumberedRegisters registers) {
      super(op, in, registers);
      Operand to = in.operands().get(0);
      this.result =
          NumberedRegisters.register(to instanceof Operand.Pair(Operand d, Operand p) ? d : to);
      this.number = result == null ? -1 : registers.number(result);
      Register heard = NumberedRegisters.register(in.operands().get(1));
      this.value = heard == null ? -1 : registers.number(heard);
      if (to instanceof Operand.Pair(Operand d, Operand p)
          && NumberedRegisters.register(p) instanceof Register with) {
        sets(with);
        agreed = in.opcode().equals("match") ? registers.number(with) : -1;
      }
      for (Operand operand : in.operands().subList(2, in.operands().size())) {
        if (NumberedRegisters.register(operand) instanceof Register register) {
          uses(register, Use.OTHER);
        }
      }
    }

    @Override
    final void execute(Warp w, BlockShadow shadow, int lanes) {
      UnsetBits unset = shadow.unset;
      unset.tell(w, value);
      if (unset.lacking(w, unset.told()) == 0) {
        super.execute(w, shadow, lanes);
        if (number >= 0) {
          unset.set(w, number, w.mask);
        }
        return;
      }
      Object known = prepare(w);
      super.execute(w, shadow, lanes);
      for (int rest = w.mask; rest != 0; rest &= rest - 1) {
        int lane = Integer.numberOfTrailingZeros(rest);
        long bits = bits(w, unset, lane, known);
        Origin origin = bits == 0 ? null : origin(w, unset, lane, known);
        if (agreed >= 0) {
          unset.put(w, agreed, lane, bits & 1, origin);
        }
        if (number >= 0) {
          long mask = NumberedRegisters.bits(Objects.requireNonNull(result));
          unset.put(w, number, lane, bits & mask, origin);
        }
      }
    }

    /** What has to be known of the operands, which the op may overwrite. */
    abstract Object prepare(Warp w);

    abstract long bits(Warp w, UnsetBits unset, int lane, Object known);

    Origin origin(Warp w, UnsetBits unset, int lane, Object known) {
      int lacking = unset.lacking(w, unset.told()) & w.meetings.met();
      return unset.origin(w, unset.told(), Integer.numberOfTrailingZeros(lacking)).used();
    }

    /** By lane: who takes part; all, where none is named. */
    final long[] members(Warp w) {
      return values(
          w, in.operands().size() > 2 ? in.operands().get(2) : new Operand.IntLiteral(-1));
    }

    final long[] values(Warp w, Operand operand) {
      if (NumberedRegisters.register(operand) instanceof Register register) {
        return registers.values(w, register);
      }
      long[] values = new long[Warp.LANES];
      Arrays.fill(values, operand instanceof Operand.IntLiteral(long v) ? v : 0);
      return values;
    }
  }

  /** {@code shfl}: a lane has what the one it hears from had. */
  static final class Shuffled extends Heard {
    private final Shuffle.Mode mode;

    Shuffled(Op op, Instruction in, NumberedRegisters registers) {
      super(op, in, registers);
      String way = in.modifiers().get(in.has("sync") ? 1 : 0);
      this.mode = Shuffle.Mode.valueOf(way.toUpperCase(Locale.ROOT));
    }

    @Override
    Object prepare(Warp w) {
      return new long[][] {values(w, in.operands().get(2)), values(w, in.operands().get(3))};
    }

    @Override
    long bits(Warp w, UnsetBits unset, int lane, Object known) {
      return unset.of(w, unset.told(), giver(w, lane, known));
    }

    @Override
    Origin origin(Warp w, UnsetBits unset, int lane, Object known) {
      return unset.origin(w, unset.told(), giver(w, lane, known));
    }

    private int giver(Warp w, int lane, Object known) {
      long[][] choice = (long[][]) known;
      return Shuffle.giver(w, mode, lane, (int) choice[0][lane], (int) choice[1][lane]);
    }
  }

  /** {@code vote}: a ballot lacks the votes of those who have none; others hang on every vote. */
  static final class Voted extends Heard {
    /** By lane, whom it asks, and who votes yes; both as they were before the op. */
    private record Votes(long[] members, int votes) {}

    Voted(Op op, Instruction in, NumberedRegisters registers) {
      super(op, in, registers);
    }

    @Override
    Object prepare(Warp w) {
      long turned = in.operands().get(1) instanceof Operand.Not ? 1 : 0;
      long[] values = values(w, in.operands().get(1));
      int votes = 0;
      for (int lane = 0; lane < Warp.LANES; lane++) {
        votes |= values[lane] != turned ? 1 << lane : 0;
      }
      return new Votes(members(w), votes);
    }

    @Override
    long bits(Warp w, UnsetBits unset, int lane, Object known) {
      Votes own = (Votes) known;
      int voters = (int) own.members[lane] & w.meetings.met();
      int without = voters & unset.lacking(w, unset.told());
      if (in.has("ballot")) {
        return without;
      }
      int votes = w.meetings.toldPredicate(own.votes);
      boolean decided =
          in.has("any") && (votes & voters & ~without) != 0
              || in.has("all") && (~votes & voters & ~without) != 0;
      return without == 0 || decided ? 0 : 1;
    }
  }

  /** {@code redux} and {@code match}, which hang on all they are told. */
  static final class Combined extends Heard {
    Combined(Op op, Instruction in, NumberedRegisters registers) {
      super(op, in, registers);
    }

    @Override
    Object prepare(Warp w) {
      return members(w);
    }

    @Override
    long bits(Warp w, UnsetBits unset, int lane, Object known) {
      int members = (int) ((long[]) known)[lane] & w.meetings.met();
      return (members & unset.lacking(w, unset.told())) == 0 ? 0 : -1;
    }
  }
}
