package dev.lockstep.simulator.lowering;

import static dev.lockstep.simulator.lowering.Emitter.operand;

import dev.lockstep.ptx.Instruction;
import dev.lockstep.ptx.Operand;
import dev.lockstep.ptx.ScalarType;
import dev.lockstep.simulator.execution.Slot;
import dev.lockstep.simulator.op.ConversionLanes;
import dev.lockstep.simulator.op.FloatLanes;
import dev.lockstep.simulator.op.IntLanes;
import dev.lockstep.simulator.op.PredicateOp;
import dev.lockstep.simulator.op.Select;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@code setp} and {@code set}: comparisons (PTX ISA 9.7.6, 9.7.7). */
final class CompareDecoder {
  private static final int F16_ONE = 0x3c00;
  private static final int BF16_ONE = 0x3f80;

  private final Instruction in;
  private final Emitter e;
  private final ScalarType type;
  private final boolean pairs;
  private final Comparisons comparisons;

  /** What the comparison is combined with, and how; or null. */
  private final PredicateOp.@Nullable Kind combine;

  private CompareDecoder(Instruction in, Emitter emitter, ScalarType type) {
    this.in = in;
    this.e = emitter;
    this.type = type;
    this.pairs = type == ScalarType.F16X2 || type == ScalarType.BF16X2;
    this.comparisons = new Comparisons(in, emitter, type);
    this.combine =
        switch (Decoder.choice(in, "", "and", "or", "xor")) {
          case "and" -> PredicateOp.Kind.AND;
          case "or" -> PredicateOp.Kind.OR;
          case "xor" -> PredicateOp.Kind.XOR;
          default -> null;
        };
  }

  static void decode(Instruction in, Emitter emitter) {
    Decoder.allow(
        in, "eq", "ne", "lt", "le", "gt", "ge", "lo", "ls", "hi", "hs", "equ", "neu", "ltu", "leu",
        "gtu", "geu", "num", "nan", "and", "or", "xor", "ftz");
    if (in.opcode().equals("setp")) {
      new CompareDecoder(in, emitter, Decoder.onlyType(in)).setp();
    } else {
      List<ScalarType> types = Decoder.types(in);
      if (types.size() != 2) {
        throw new Unsupported("a form without its two types");
      }
      new CompareDecoder(in, emitter, types.get(1)).set(types.get(0));
    }
  }

  /**
   * {@code setp.cmp[.bool].type p[|q], a, b [, c]}: q is the complement of the comparison, or for
   * packed pairs that of the upper halves.
   */
  private void setp() {
    Operand first = operand(in, 0);
    Operand second = null;
    if (first instanceof Operand.Pair(Operand p, Operand q)) {
      first = p;
      second = q;
    }
    if (pairs && second == null) {
      throw new Unsupported("a comparison of pairs with one result");
    }
    if (combine == null && second == null) {
      comparisons.compare(e.toPredicate(first), operand(in, 1), operand(in, 2));
      return;
    }
    int result = e.registers.temporaryPredicate();
    int other = e.registers.temporaryPredicate();
    if (pairs) {
      comparisons.comparePairs(result, other, operand(in, 1), operand(in, 2));
    } else {
      comparisons.compare(result, operand(in, 1), operand(in, 2));
      e.emit(new PredicateOp(PredicateOp.Kind.NOT, other, result, 0));
    }
    combine(result, other);
    e.emit(new PredicateOp(PredicateOp.Kind.MOVE, e.toPredicate(first), result, 0));
    if (second != null) {
      e.emit(new PredicateOp(PredicateOp.Kind.MOVE, e.toPredicate(second), other, 0));
    }
  }

  private void combine(int... results) {
    if (combine == null) {
      return;
    }
    int with = e.predicate(operand(in, 3));
    for (int result : results) {
      e.emit(new PredicateOp(combine, result, result, with));
    }
  }

  /** {@code set.cmp[.bool].dtype.type d, a, b [, c]}: all ones, or 1.0, for true. */
  private void set(ScalarType to) {
    int result = e.registers.temporaryPredicate();
    if (pairs) {
      int upper = e.registers.temporaryPredicate();
      comparisons.comparePairs(result, upper, operand(in, 1), operand(in, 2));
      combine(result, upper);
      setPair(to, result, upper);
      return;
    }
    comparisons.compare(result, operand(in, 1), operand(in, 2));
    combine(result);
    boolean ofHalves = type == ScalarType.F16 || type == ScalarType.BF16;
    switch (to) {
      case F32 -> {
        if (ofHalves) {
          throw refused(to);
        }
        e.emit(
            new Select<>(
                FloatLanes::select,
                e.toF32(operand(in, 0)),
                e.registers.constant(1f),
                e.registers.constant(0f),
                result));
      }
      case U32, S32 -> select(e.toB32(operand(in, 0)), -1, result);
      case U16, S16 -> {
        if (!ofHalves) {
          throw refused(to);
        }
        select(e.toInteger(operand(in, 0), ScalarType.B16), 0xffff, result);
      }
      case F16 -> select(e.toInteger(operand(in, 0), ScalarType.B16), F16_ONE, result);
      case BF16 -> select(e.toInteger(operand(in, 0), ScalarType.B16), BF16_ONE, result);
      default -> throw refused(to);
    }
  }

  private void setPair(ScalarType to, int lower, int upper) {
    int one =
        switch (to) {
          case U32, S32 -> 0xffff;
          case F16X2 -> F16_ONE;
          case BF16X2 -> BF16_ONE;
          default -> throw refused(to);
        };
    if (one != 0xffff && to != type) {
      throw refused(to);
    }
    Slot<int[]> low = e.registers.temporaryInt();
    Slot<int[]> high = e.registers.temporaryInt();
    select(low, one, lower);
    select(high, one, upper);
    e.emit(ConversionLanes::joinShorts, e.toB32(operand(in, 0)), low, high);
  }

  private void select(Slot<int[]> d, int one, int predicate) {
    Slot<int[]> set = e.registers.constant(one);
    e.emit(new Select<>(IntLanes::select, d, set, e.registers.constant(0), predicate));
  }

  private Unsupported refused(ScalarType to) {
    return new Unsupported("a result of ." + to.spelling() + " from ." + type.spelling());
  }
}
