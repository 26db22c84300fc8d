package dev.lockstep.simulator.lowering;

import static dev.lockstep.simulator.lowering.Emitter.operand;

import dev.lockstep.ptx.Instruction;
import dev.lockstep.ptx.Operand;
import dev.lockstep.ptx.ScalarType;
import dev.lockstep.simulator.execution.Slot;
import dev.lockstep.simulator.intrinsic.BitOps;
import dev.lockstep.simulator.intrinsic.IntegerOps;
import dev.lockstep.simulator.op.Frequent;
import dev.lockstep.simulator.op.IntLanes;
import dev.lockstep.simulator.op.Lanes2;
import dev.lockstep.simulator.op.Lanes4;
import dev.lockstep.simulator.op.LongLanes;
import dev.lockstep.simulator.op.PerLane;
import dev.lockstep.simulator.op.PredicateOp;
import java.util.Locale;

/** Logic, shifts and bit fields (PTX ISA 9.7.1 and 9.7.8). */
final class LogicDecoder {
  private final Instruction in;
  private final Emitter e;
  private final ScalarType type;
  private final boolean wide;

  private LogicDecoder(Instruction in, Emitter emitter) {
    this.in = in;
    this.e = emitter;
    this.type = Decoder.type(in);
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
      case "cnot" -> {
        if (wide) {
          e.emit(PerLane.longs(a -> a == 0 ? 1 : 0), d64(), b64(1));
        } else {
          e.emit(PerLane.ints(a -> a == 0 ? 1 : 0), d(), value(1));
        }
      }
      case "shl" -> {
        if (wide) {
          e.emit(new Frequent.LongShl(d64(), b64(1), b32(2)));
        } else {
          // An amount above 31 gives 0 at any width; what passes bit 15 is cut off.
          e.emit(new Frequent.IntShl(d(), value(1), b32(2)));
        }
      }
      case "shr" -> shr();
      case "shf" -> shf();
      case "bfe" -> bfe();
      case "bfi" -> bfi();
      case "bfind" -> bfind();
      case "brev" -> {
        if (wide) {
          e.emit(LongLanes::reverse, d64(), b64(1));
        } else {
          e.emit(IntLanes::reverse, d(), value(1));
        }
      }
      case "clz" -> {
        if (wide) {
          e.emit(LongLanes::leadingZeros, e.toB32(operand(in, 0)), b64(1));
        } else {
          e.emit(IntLanes::leadingZeros, d(), value(1));
        }
      }
      case "popc" -> {
        if (wide) {
          e.emit(LongLanes::populationCount, e.toB32(operand(in, 0)), b64(1));
        } else {
          e.emit(IntLanes::populationCount, d(), value(1));
        }
      }
      case "prmt" -> prmt();
      case "lop3" -> lop3();
      case "dp4a" -> dp4a();
      case "szext" -> {
        boolean clamp = in.has("clamp");
        PerLane.Int2 extend =
            type.isSigned()
                ? (a, bits) -> BitOps.signExtend(a, bits, clamp)
                : (a, bits) -> BitOps.zeroExtend(a, bits, clamp);
        e.emit(PerLane.ints(extend), d(), value(1), b32(2));
      }
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
    } else if (wide) {
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
    } else if (wide) {
      e.emit(LongLanes::not, d64(), b64(1));
    } else {
      e.emit(IntLanes::not, d(), value(1));
    }
  }

  private void shr() {
    Decoder.allow(in);
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
    boolean clamp = in.has("clamp");
    PerLane.Int3 function =
        in.has("l")
            ? (a, b, c) -> IntegerOps.funnelLeft(a, b, c, clamp)
            : (a, b, c) -> IntegerOps.funnelRight(a, b, c, clamp);
    e.emit(PerLane.ints(function), d(), value(1), value(2), b32(3));
  }

  private void bfe() {
    Decoder.allow(in);
    boolean signed = type.isSigned();
    if (wide) {
      PerLane.LongField function = signed ? BitOps::extractSigned : BitOps::extractUnsigned;
      e.emit(PerLane.longs(function), d64(), b64(1), b32(2), b32(3));
    } else {
      PerLane.Int3 function = signed ? BitOps::extractSigned : BitOps::extractUnsigned;
      e.emit(PerLane.ints(function), d(), value(1), b32(2), b32(3));
    }
  }

  private void bfi() {
    Decoder.allow(in);
    if (wide) {
      e.emit(new Lanes4<>(PerLane.longs(BitOps::insert), d64(), b64(1), b64(2), b32(3), b32(4)));
    } else {
      e.emit(new Lanes4<>(PerLane.ints(BitOps::insert), d(), value(1), value(2), b32(3), b32(4)));
    }
  }

  private void bfind() {
    Decoder.allow(in, "shiftamt");
    boolean shift = in.has("shiftamt");
    boolean signed = type.isSigned();
    Slot<int[]> d = e.toB32(operand(in, 0));
    if (wide) {
      PerLane.LongToInt find = signed ? BitOps::findSigned : BitOps::findUnsigned;
      PerLane.LongToInt function = shift ? a -> BitOps.shiftAmount(find.apply(a), 64) : find;
      e.emit(PerLane.longToInt(function), d, b64(1));
    } else {
      PerLane.Int1 find = signed ? BitOps::findSigned : BitOps::findUnsigned;
      PerLane.Int1 function = shift ? a -> BitOps.shiftAmount(find.apply(a), 32) : find;
      e.emit(PerLane.ints(function), d, value(1));
    }
  }

  private void prmt() {
    Decoder.allow(in, "f4e", "b4e", "rc8", "ecl", "ecr", "rc16");
    PerLane.Int3 function = BitOps::permute;
    for (String modifier : in.modifiers()) {
      if (ScalarType.named(modifier) == null) {
        BitOps.PermuteMode mode = BitOps.PermuteMode.valueOf(modifier.toUpperCase(Locale.ROOT));
        function = (a, b, c) -> BitOps.permute(a, b, c, mode);
      }
    }
    e.emit(PerLane.ints(function), d(), value(1), value(2), b32(3));
  }

  private void lop3() {
    Decoder.allow(in);
    if (!(operand(in, 4) instanceof Operand.IntLiteral(long table))) {
      throw new Unsupported("the truth table must be a literal");
    }
    PerLane.Int3 function = (a, b, c) -> BitOps.logic3(a, b, c, (int) table);
    e.emit(PerLane.ints(function), d(), value(1), value(2), value(3));
  }

  /** Both types may differ: {@code dp4a.s32.u32}. */
  private void dp4a() {
    boolean signedA = in.modifiers().get(0).equals("s32");
    boolean signedB = in.modifiers().get(1).equals("s32");
    PerLane.Int3 function =
        (a, b, c) -> {
          int sum = c;
          for (int shift = 0; shift < 32; shift += 8) {
            int x = signedA ? (byte) (a >> shift) : a >> shift & 0xff;
            int y = signedB ? (byte) (b >> shift) : b >> shift & 0xff;
            sum += x * y;
          }
          return sum;
        };
    e.emit(PerLane.ints(function), d(), value(1), value(2), value(3));
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
