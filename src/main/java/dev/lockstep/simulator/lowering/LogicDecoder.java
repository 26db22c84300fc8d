package dev.lockstep.simulator.lowering;

import static dev.lockstep.simulator.lowering.Emitter.operand;

import dev.lockstep.ptx.Instruction;
import dev.lockstep.ptx.Operand;
import dev.lockstep.ptx.ScalarType;
import dev.lockstep.simulator.execution.Slot;
import dev.lockstep.simulator.intrinsic.IntegerOps;
import dev.lockstep.simulator.op.BitLanes;
import dev.lockstep.simulator.op.Compare;
import dev.lockstep.simulator.op.Frequent;
import dev.lockstep.simulator.op.IntLanes;
import dev.lockstep.simulator.op.Lanes2;
import dev.lockstep.simulator.op.Lanes3;
import dev.lockstep.simulator.op.LongLanes;
import dev.lockstep.simulator.op.PerLane;
import dev.lockstep.simulator.op.PredicateOp;

/** Logic and shifts (PTX ISA 9.7.8). */
final class LogicDecoder {
  private final Instruction in;
  private final Emitter e;
  private final ScalarType type;
  private final boolean wide;

  private LogicDecoder(Instruction in, Emitter emitter) {
    this.in = in;
    this.e = emitter;
    this.type = Decoder.onlyType(in);
    this.wide = type.bytes() == 8;
  }

  static void decode(Instruction in, Emitter emitter) {
    new LogicDecoder(in, emitter).decode();
  }

  private void decode() {
    switch (in.opcode()) {
      case "and" -> logic(PredicateOp.Kind.AND, Frequent.IntAnd::new, LongLanes::and);
      case "or" -> logic(PredicateOp.Kind.OR, lanes(IntLanes::or), LongLanes::or);
      case "xor" -> logic(PredicateOp.Kind.XOR, lanes(IntLanes::xor), LongLanes::xor);
      case "not" -> not();
      case "cnot" -> cnot();
      case "shl" -> shl();
      case "shr" -> shr();
      case "shf" -> shf();
      case "lop3" -> lop3();
      default -> throw new Unsupported("the instruction is not known");
    }
  }

  private void logic(
      PredicateOp.Kind kind,
      Frequent.Make2<int[], int[], int[]> narrow,
      Lanes2.Function<long[], long[], long[]> wideForm) {
    Decoder.allow(in);
    if (type == ScalarType.PRED) {
      int a = e.predicate(operand(in, 1));
      int b = e.predicate(operand(in, 2));
      e.emit(new PredicateOp(kind, e.toPredicate(operand(in, 0)), a, b));
      return;
    }
    mustBe(ScalarType.B16, ScalarType.B32, ScalarType.B64);
    if (wide) {
      e.emit(wideForm, d64(), b64(1), b64(2));
    } else {
      e.emit(narrow.make(d(), value(1), value(2)));
    }
  }

  private static Frequent.Make2<int[], int[], int[]> lanes(
      Lanes2.Function<int[], int[], int[]> function) {
    return (d, a, b) -> new Lanes2<>(function, d, a, b);
  }

  private void not() {
    Decoder.allow(in);
    if (type == ScalarType.PRED) {
      int a = e.predicate(operand(in, 1));
      e.emit(new PredicateOp(PredicateOp.Kind.NOT, e.toPredicate(operand(in, 0)), a, 0));
      return;
    }
    mustBe(ScalarType.B16, ScalarType.B32, ScalarType.B64);
    if (wide) {
      e.emit(LongLanes::not, d64(), b64(1));
    } else {
      e.emit(IntLanes::not, d(), value(1));
    }
  }

  private void cnot() {
    Decoder.allow(in);
    mustBe(ScalarType.B16, ScalarType.B32, ScalarType.B64);
    if (wide) {
      PerLane.Long1 isZero = a -> a == 0 ? 1 : 0;
      e.emit(PerLane.longs(isZero), d64(), b64(1));
    } else {
      PerLane.Int1 isZero = a -> a == 0 ? 1 : 0;
      e.emit(PerLane.ints(isZero), d(), value(1));
    }
  }

  private void shl() {
    Decoder.allow(in);
    mustBe(ScalarType.B16, ScalarType.B32, ScalarType.B64);
    if (wide) {
      e.emit(new Frequent.LongShl(d64(), b64(1), b32(2)));
    } else {
      // An amount above 31 gives 0 at any width; what passes bit 15 is cut off.
      e.emit(new Frequent.IntShl(d(), value(1), b32(2)));
    }
  }

  private void shr() {
    Decoder.allow(in);
    mustBe(
        ScalarType.B16,
        ScalarType.B32,
        ScalarType.B64,
        ScalarType.U16,
        ScalarType.U32,
        ScalarType.U64,
        ScalarType.S16,
        ScalarType.S32,
        ScalarType.S64);
    if (wide) {
      e.emit(
          type.isSigned() ? LongLanes::shrSigned : LongLanes::shrUnsigned, d64(), b64(1), b32(2));
    } else {
      // Sources come extended to 32 bits, so 16-bit shifts need no form of their own.
      e.emit(type.isSigned() ? IntLanes::shrSigned : IntLanes::shrUnsigned, d(), value(1), b32(2));
    }
  }

  private void shf() {
    Decoder.allow(in, "l", "r", "clamp", "wrap");
    mustBe(ScalarType.B32);
    boolean clamp = Decoder.required(in, "clamp", "wrap").equals("clamp");
    boolean left = Decoder.required(in, "l", "r").equals("l");
    Lanes3.Function<int[], int[], int[], int[]> function;
    if (clamp) {
      PerLane.Int3 clamped =
          left
              ? (a, b, c) -> IntegerOps.funnelLeft(a, b, c, true)
              : (a, b, c) -> IntegerOps.funnelRight(a, b, c, true);
      function = PerLane.ints(clamped);
    } else {
      function = left ? BitLanes::funnelLeftWrap : BitLanes::funnelRightWrap;
    }
    e.emit(function, d(), value(1), value(2), b32(3));
  }

  /** {@code lop3.b32 d, a, b, c, table} or {@code lop3.{or,and}.b32 d|p, a, b, c, table, q}. */
  private void lop3() {
    Decoder.allow(in, "or", "and");
    mustBe(ScalarType.B32);
    if (!(operand(in, 4) instanceof Operand.IntLiteral(long table))) {
      throw new Unsupported("the truth table must be a literal");
    }
    String combine = Decoder.choice(in, "", "or", "and");
    Operand target = operand(in, 0);
    if (combine.isEmpty() && target instanceof Operand.Pair) {
      throw new Unsupported("a predicate, but neither .or nor .and");
    }
    Operand predicate = new Operand.Sink();
    if (target instanceof Operand.Pair(Operand first, Operand second)) {
      target = first;
      predicate = second;
    }
    Lanes3.Function<int[], int[], int[], int[]> function = BitLanes.logic3((int) table);
    if (combine.isEmpty()) {
      e.emit(function, e.toB32(target), value(1), value(2), value(3));
      return;
    }
    Slot<int[]> result = e.registers.temporaryInt();
    e.emit(function, result, value(1), value(2), value(3));
    int notZero = e.registers.temporaryPredicate();
    e.emit(new Compare<>(IntLanes::equal, true, notZero, result, e.registers.constant(0)));
    PredicateOp.Kind kind = combine.equals("or") ? PredicateOp.Kind.OR : PredicateOp.Kind.AND;
    int with = e.predicate(operand(in, 5));
    e.emit(new PredicateOp(kind, e.toPredicate(predicate), notZero, with));
    e.emit(IntLanes::move, e.toB32(target), result);
  }

  private void mustBe(ScalarType... allowed) {
    Decoder.onlyType(in, allowed);
  }

  private Slot<int[]> d() {
    return e.toInteger(operand(in, 0), type);
  }

  private Slot<long[]> d64() {
    return e.toB64(operand(in, 0));
  }

  private Slot<int[]> value(int n) {
    return e.integer(operand(in, n), type);
  }

  private Slot<int[]> b32(int n) {
    return e.b32(operand(in, n));
  }

  private Slot<long[]> b64(int n) {
    return e.b64(operand(in, n));
  }
}
