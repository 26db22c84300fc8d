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

/** Integer arithmetic on 16, 32 and 64 bits (PTX ISA 9.7.1). */
final class IntegerDecoder {
  private final Instruction in;
  private final Emitter e;
  private final ScalarType type;
  private final boolean signed;

  private IntegerDecoder(Instruction in, Emitter emitter) {
    this.in = in;
    this.e = emitter;
    this.type = Decoder.type(in);
    this.signed = type.isSigned();
  }

  static void decode(Instruction in, Emitter emitter) {
    IntegerDecoder decoder = new IntegerDecoder(in, emitter);
    if (in.has("cc") || in.opcode().endsWith("c")) {
      CarryDecoder.decode(in, emitter);
      return;
    }
    Decoder.allow(in, "lo", "hi", "wide", "sat");
    switch (decoder.type) {
      case U16, S16, U32, S32 -> decoder.narrow();
      case U64, S64 -> decoder.wide();
      default -> throw new Unsupported("type ." + decoder.type.spelling());
    }
  }

  private void narrow() {
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
      case "min" -> binary(signed ? IntLanes::minSigned : IntLanes::minUnsigned);
      case "max" -> binary(signed ? IntLanes::maxSigned : IntLanes::maxUnsigned);
      case "abs" -> unary(IntLanes::abs);
      case "neg" -> unary(IntLanes::neg);
      case "sad" -> ternary(signed ? IntegerOps::sadSigned : IntegerOps::sadUnsigned);
      case "mul24" -> binary(PerLane.ints(mul24()));
      case "mad24" -> {
        PerLane.Int2 product = mul24();
        ternary((a, b, c) -> product.apply(a, b) + c);
      }
      default -> throw new Unsupported("no form on integers is known");
    }
  }

  private void wide() {
    switch (in.opcode()) {
      case "add" ->
          e.emit(
              new Frequent.LongAdd(
                  e.toB64(operand(in, 0)), e.b64(operand(in, 1)), e.b64(operand(in, 2))));
      case "sub" -> wideBinary(LongLanes::sub);
      case "mul" -> {
        if (in.has("hi")) {
          wideBinary(signed ? LongLanes::mulHiSigned : LongLanes::mulHiUnsigned);
        } else if (in.has("lo")) {
          wideBinary(LongLanes::mul);
        } else {
          throw new Unsupported("128-bit products");
        }
      }
      case "mad" -> wideMad();
      case "div" -> wideBinary(signed ? LongLanes::divSigned : LongLanes::divUnsigned);
      case "rem" -> wideBinary(signed ? LongLanes::remSigned : LongLanes::remUnsigned);
      case "min" -> wideBinary(signed ? LongLanes::minSigned : LongLanes::minUnsigned);
      case "max" -> wideBinary(signed ? LongLanes::maxSigned : LongLanes::maxUnsigned);
      case "abs" -> e.emit(LongLanes::abs, e.toB64(operand(in, 0)), e.b64(operand(in, 1)));
      case "neg" -> e.emit(LongLanes::neg, e.toB64(operand(in, 0)), e.b64(operand(in, 1)));
      default -> throw new Unsupported("no 64-bit form is known");
    }
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

  private void wideMad() {
    if (in.has("lo")) {
      e.emit(
          LongLanes::mad,
          e.toB64(operand(in, 0)),
          e.b64(operand(in, 1)),
          e.b64(operand(in, 2)),
          e.b64(operand(in, 3)));
    } else if (in.has("hi")) {
      Slot<long[]> product = e.registers.temporaryLong();
      e.emit(
          signed ? LongLanes::mulHiSigned : LongLanes::mulHiUnsigned,
          product,
          e.b64(operand(in, 1)),
          e.b64(operand(in, 2)));
      e.emit(LongLanes::add, e.toB64(operand(in, 0)), product, e.b64(operand(in, 3)));
    } else {
      throw new Unsupported("128-bit products");
    }
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

  private void wideBinary(Lanes2.Function<long[], long[], long[]> function) {
    e.emit(function, e.toB64(operand(in, 0)), e.b64(operand(in, 1)), e.b64(operand(in, 2)));
  }

  private Slot<int[]> source(int n) {
    return e.integer(operand(in, n), type);
  }
}
