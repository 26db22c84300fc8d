package dev.lockstep.simulator.lowering;

import static dev.lockstep.simulator.lowering.Emitter.operand;

import dev.lockstep.ptx.Instruction;
import dev.lockstep.simulator.execution.Slot;
import dev.lockstep.simulator.intrinsic.IntegerOps;
import dev.lockstep.simulator.op.Frequent;
import dev.lockstep.simulator.op.Lanes2;
import dev.lockstep.simulator.op.LongLanes;
import dev.lockstep.simulator.op.PerLane;

/** Integer arithmetic on 64 bits (PTX ISA 9.7.1). */
final class WideIntegerDecoder {
  private final Instruction in;
  private final Emitter e;
  private final boolean signed;

  private WideIntegerDecoder(Instruction in, Emitter emitter) {
    this.in = in;
    this.e = emitter;
    this.signed = Decoder.type(in).isSigned();
  }

  static void decode(Instruction in, Emitter emitter) {
    new WideIntegerDecoder(in, emitter).decode();
  }

  private void decode() {
    switch (in.opcode()) {
      case "add" -> e.emit(new Frequent.LongAdd(d(), source(1), source(2)));
      case "sub" -> binary(LongLanes::sub);
      case "mul" -> {
        if (in.has("lo")) {
          binary(LongLanes::mul);
        } else {
          binary(high());
        }
      }
      case "mad" -> mad();
      case "div" -> binary(signed ? LongLanes::divSigned : LongLanes::divUnsigned);
      case "rem" -> binary(signed ? LongLanes::remSigned : LongLanes::remUnsigned);
      case "min" -> binary(signed ? LongLanes::minSigned : LongLanes::minUnsigned);
      case "max" -> binary(signed ? LongLanes::maxSigned : LongLanes::maxUnsigned);
      case "abs" -> e.emit(LongLanes::abs, d(), source(1));
      case "neg" -> e.emit(LongLanes::neg, d(), source(1));
      case "sad" -> {
        PerLane.Long3 sad = signed ? IntegerOps::sadSigned : IntegerOps::sadUnsigned;
        e.emit(PerLane.longs(sad), d(), source(1), source(2), source(3));
      }
      default -> throw new Unsupported("no 64-bit form is known");
    }
  }

  private void mad() {
    if (in.has("lo")) {
      e.emit(LongLanes::mad, d(), source(1), source(2), source(3));
      return;
    }
    Slot<long[]> product = e.registers.temporaryLong();
    e.emit(high(), product, source(1), source(2));
    e.emit(LongLanes::add, d(), product, source(3));
  }

  private Lanes2.Function<long[], long[], long[]> high() {
    if (!in.has("hi")) {
      throw new Unsupported("128-bit products");
    }
    return signed ? LongLanes::mulHiSigned : LongLanes::mulHiUnsigned;
  }

  private void binary(Lanes2.Function<long[], long[], long[]> function) {
    e.emit(function, d(), source(1), source(2));
  }

  private Slot<long[]> d() {
    return e.toB64(operand(in, 0));
  }

  private Slot<long[]> source(int n) {
    return e.b64(operand(in, n));
  }
}
