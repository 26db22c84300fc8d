package dev.lockstep.simulator.lowering;

import static dev.lockstep.simulator.lowering.Emitter.operand;

import dev.lockstep.ptx.Instruction;
import dev.lockstep.ptx.ScalarType;
import dev.lockstep.simulator.execution.Slot;
import dev.lockstep.simulator.op.Carry;
import dev.lockstep.simulator.op.IntLanes;
import dev.lockstep.simulator.op.LongLanes;

/** Extended-precision integer arithmetic (PTX ISA 9.7.2). */
final class CarryDecoder {
  private CarryDecoder() {}

  static void decode(Instruction in, Emitter e) {
    Decoder.allow(in, "cc", "lo", "hi");
    ScalarType type =
        Decoder.onlyType(in, ScalarType.U32, ScalarType.S32, ScalarType.U64, ScalarType.S64);
    boolean wide = type.bytes() == 8;
    if (in.opcode().startsWith("mad")) {
      Decoder.required(in, "lo", "hi");
    } else if (!Decoder.choice(in, "", "lo", "hi").isEmpty()) {
      throw new Unsupported("a part of the result of " + in.opcode());
    }
    boolean carryIn = in.opcode().endsWith("c");
    int flag = e.registers.carry();
    Slot<?> d = wide ? e.toB64(operand(in, 0)) : e.toB32(operand(in, 0));
    switch (in.opcode()) {
      case "add", "addc", "sub", "subc" -> {
        boolean subtract = in.opcode().startsWith("sub");
        Slot<?> a = wide ? e.b64(operand(in, 1)) : e.b32(operand(in, 1));
        Slot<?> b = wide ? e.b64(operand(in, 2)) : e.b32(operand(in, 2));
        e.emit(new Carry(subtract, carryIn, in.has("cc"), flag, d, a, b));
      }
      case "mad", "madc" -> {
        Slot<?> product = wide ? wideProduct(in, e) : product(in, e, type);
        Slot<?> c = wide ? e.b64(operand(in, 3)) : e.b32(operand(in, 3));
        e.emit(new Carry(false, carryIn, in.has("cc"), flag, d, product, c));
      }
      default -> throw new Unsupported("no form with a carry is known");
    }
  }

  private static Slot<int[]> product(Instruction in, Emitter e, ScalarType type) {
    Slot<int[]> product = e.registers.temporaryInt();
    Slot<int[]> a = e.b32(operand(in, 1));
    Slot<int[]> b = e.b32(operand(in, 2));
    if (in.has("lo")) {
      e.emit(IntLanes::mul, product, a, b);
    } else {
      e.emit(type.isSigned() ? IntLanes::mulHiSigned : IntLanes::mulHiUnsigned, product, a, b);
    }
    return product;
  }

  private static Slot<long[]> wideProduct(Instruction in, Emitter e) {
    Slot<long[]> product = e.registers.temporaryLong();
    Slot<long[]> a = e.b64(operand(in, 1));
    Slot<long[]> b = e.b64(operand(in, 2));
    if (in.has("lo")) {
      e.emit(LongLanes::mul, product, a, b);
    } else {
      boolean signed = Decoder.type(in).isSigned();
      e.emit(signed ? LongLanes::mulHiSigned : LongLanes::mulHiUnsigned, product, a, b);
    }
    return product;
  }
}
