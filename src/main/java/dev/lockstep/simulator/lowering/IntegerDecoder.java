package dev.lockstep.simulator.lowering;

import static dev.lockstep.simulator.lowering.Emitter.operand;

import dev.lockstep.ptx.Instruction;
import dev.lockstep.ptx.ScalarType;
import dev.lockstep.simulator.execution.Slot;
import dev.lockstep.simulator.intrinsic.IntegerOps;
import dev.lockstep.simulator.op.Frequent;
import dev.lockstep.simulator.op.IntLanes;
import dev.lockstep.simulator.op.Lanes1;
import dev.lockstep.simulator.op.Lanes2;
import dev.lockstep.simulator.op.LongLanes;
import dev.lockstep.simulator.op.PerLane;

/** Integer arithmetic on 16 and 32 bits (PTX ISA 9.7.1). */
final class IntegerDecoder {
  private final Instruction in;
  private final Emitter e;
  private final ScalarType type;
  private final boolean signed;

  private IntegerDecoder(Instruction in, Emitter emitter) {
    this.in = in;
    this.e = emitter;
    this.type =
        Decoder.onlyType(
            in,
            ScalarType.U16,
            ScalarType.S16,
            ScalarType.U32,
            ScalarType.S32,
            ScalarType.U64,
            ScalarType.S64);
    this.signed = type.isSigned();
  }

  static void decode(Instruction in, Emitter emitter) {
    if (in.has("cc") || in.opcode().endsWith("c")) {
      CarryDecoder.decode(in, emitter);
      return;
    }
    Decoder.allow(in, "lo", "hi", "wide", "sat", "relu");
    IntegerDecoder decoder = new IntegerDecoder(in, emitter);
    decoder.checkModifiers();
    if (decoder.type.bytes() == 8) {
      WideIntegerDecoder.decode(in, emitter);
    } else {
      decoder.decode();
    }
  }

  private void checkModifiers() {
    boolean saturates =
        switch (in.opcode()) {
          case "add", "sub" -> true;
          case "mad", "mad24" -> in.has("hi");
          default -> false;
        };
    if (in.has("sat") && !(saturates && type == ScalarType.S32)) {
      throw new Unsupported("saturation of " + in.opcode() + " on ." + type.spelling());
    }
    boolean minOrMax = in.opcode().equals("min") || in.opcode().equals("max");
    if (in.has("relu") && !(minOrMax && type == ScalarType.S32)) {
      throw new Unsupported(".relu of " + in.opcode() + " on ." + type.spelling());
    }
    switch (in.opcode()) {
      case "mul", "mad" -> Decoder.required(in, "lo", "hi", "wide");
      case "mul24", "mad24" -> {
        Decoder.required(in, "lo", "hi");
        if (type.bytes() != 4) {
          throw new Unsupported("type ." + type.spelling());
        }
      }
      default -> {
        if (!Decoder.choice(in, "", "lo", "hi", "wide").isEmpty()) {
          throw new Unsupported("a part of the result of " + in.opcode());
        }
      }
    }
    if (!signed && (in.opcode().equals("abs") || in.opcode().equals("neg"))) {
      throw new Unsupported("type ." + type.spelling());
    }
  }

  private void decode() {
    switch (in.opcode()) {
      case "add" -> {
        if (in.has("sat")) {
          binary(PerLane.ints(IntegerOps::addSaturated));
        } else {
          e.emit(new Frequent.IntAdd(e.toInteger(operand(in, 0), type), source(1), source(2)));
        }
      }
      case "sub" -> binary(in.has("sat") ? PerLane.ints(IntegerOps::subSaturated) : IntLanes::sub);
      case "mul" -> mul();
      case "mad" -> mad();
      case "div" -> binary(signed ? IntLanes::divSigned : IntLanes::divUnsigned);
      case "rem" -> binary(signed ? IntLanes::remSigned : IntLanes::remUnsigned);
      case "min" -> binary(min());
      case "max" -> binary(max());
      case "abs" -> unary(IntLanes::abs);
      case "neg" -> unary(IntLanes::neg);
      case "sad" -> ternary(signed ? IntegerOps::sadSigned : IntegerOps::sadUnsigned);
      case "mul24" -> binary(PerLane.ints(mul24()));
      case "mad24" -> {
        PerLane.Int2 product = mul24();
        ternary(
            in.has("sat")
                ? (a, b, c) -> IntegerOps.addSaturated(product.apply(a, b), c)
                : (a, b, c) -> product.apply(a, b) + c);
      }
      default -> throw new Unsupported("no form on integers is known");
    }
  }

  private Lanes2.Function<int[], int[], int[]> min() {
    if (in.has("relu")) {
      return PerLane.ints((a, b) -> Math.max(Math.min(a, b), 0));
    }
    return signed ? IntLanes::minSigned : IntLanes::minUnsigned;
  }

  private Lanes2.Function<int[], int[], int[]> max() {
    if (in.has("relu")) {
      return PerLane.ints((a, b) -> Math.max(Math.max(a, b), 0));
    }
    return signed ? IntLanes::maxSigned : IntLanes::maxUnsigned;
  }

  private void mul() {
    if (in.has("wide")) {
      mulWide();
    } else if (in.has("hi")) {
      binary(high());
    } else {
      binary(IntLanes::mul);
    }
  }

  private void mulWide() {
    if (type.bytes() == 2) {
      e.emit(IntLanes::mul, e.toB32(operand(in, 0)), source(1), source(2));
      return;
    }
    e.emit(
        signed ? LongLanes::mulWideSigned : LongLanes::mulWideUnsigned,
        e.toB64(operand(in, 0)),
        source(1),
        source(2));
  }

  private void mad() {
    if (in.has("wide")) {
      if (type.bytes() == 2) {
        e.emit(IntLanes::mad, e.toB32(operand(in, 0)), source(1), source(2), e.b32(operand(in, 3)));
        return;
      }
      e.emit(
          signed ? LongLanes::madWideSigned : LongLanes::madWideUnsigned,
          e.toB64(operand(in, 0)),
          source(1),
          source(2),
          e.b64(operand(in, 3)));
    } else if (in.has("hi")) {
      Slot<int[]> product = e.registers.temporaryInt();
      e.emit(high(), product, source(1), source(2));
      Lanes2.Function<int[], int[], int[]> sum =
          in.has("sat") ? PerLane.ints(IntegerOps::addSaturated) : IntLanes::add;
      e.emit(sum, e.toInteger(operand(in, 0), type), product, source(3));
    } else {
      e.emit(IntLanes::mad, e.toInteger(operand(in, 0), type), source(1), source(2), source(3));
    }
  }

  private Lanes2.Function<int[], int[], int[]> high() {
    if (type.bytes() == 2) {
      return PerLane.ints((a, b) -> a * b >> 16);
    }
    return signed ? IntLanes::mulHiSigned : IntLanes::mulHiUnsigned;
  }

  private PerLane.Int2 mul24() {
    boolean high = in.has("hi");
    return (a, b) -> {
      long product = signed ? IntegerOps.product24Signed(a, b) : IntegerOps.product24Unsigned(a, b);
      return high ? IntegerOps.high24(product) : IntegerOps.low24(product);
    };
  }

  private void unary(Lanes1.Function<int[], int[]> function) {
    e.emit(function, e.toInteger(operand(in, 0), type), source(1));
  }

  private void binary(Lanes2.Function<int[], int[], int[]> function) {
    e.emit(function, e.toInteger(operand(in, 0), type), source(1), source(2));
  }

  private void ternary(PerLane.Int3 function) {
    e.emit(
        PerLane.ints(function), e.toInteger(operand(in, 0), type), source(1), source(2), source(3));
  }

  private Slot<int[]> source(int n) {
    return e.integer(operand(in, n), type);
  }
}
