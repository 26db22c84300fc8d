package dev.lockstep.simulator.lowering;

import static dev.lockstep.simulator.lowering.Emitter.operand;

import dev.lockstep.ptx.Instruction;
import dev.lockstep.ptx.Operand;
import dev.lockstep.ptx.ScalarType;
import dev.lockstep.simulator.execution.Slot;
import dev.lockstep.simulator.op.Compare;
import dev.lockstep.simulator.op.DoubleLanes;
import dev.lockstep.simulator.op.FloatLanes;
import dev.lockstep.simulator.op.IntLanes;
import dev.lockstep.simulator.op.LongLanes;
import dev.lockstep.simulator.op.Select;
import java.util.List;

/** {@code selp} and {@code slct}: one of two values (PTX ISA 9.7.6). */
final class SelectDecoder {
  private final Instruction in;
  private final Emitter e;

  private SelectDecoder(Instruction in, Emitter emitter) {
    this.in = in;
    this.e = emitter;
  }

  static void decode(Instruction in, Emitter emitter) {
    SelectDecoder decoder = new SelectDecoder(in, emitter);
    if (in.opcode().equals("selp")) {
      Decoder.allow(in);
      decoder.select(Decoder.onlyType(in), emitter.predicate(operand(in, 3)));
    } else {
      decoder.slct();
    }
  }

  /**
   * {@code slct.T.C d, a, b, c}: a where c is not negative, else b. −0 is not negative, NaN counts
   * as negative. {@code .ftz} makes a subnormal c a zero, so all of them choose a.
   */
  private void slct() {
    List<ScalarType> types = Decoder.types(in);
    if (types.size() != 2) {
      throw new Unsupported("a form without its two types");
    }
    Operand c = operand(in, 3);
    int notNegative = e.registers.temporaryPredicate();
    switch (types.get(1)) {
      case S32 -> {
        Decoder.allow(in);
        Slot<int[]> zero = e.registers.constant(0);
        e.emit(new Compare<>(IntLanes::lessOrEqual, false, notNegative, zero, e.b32(c)));
      }
      case F32 -> {
        Decoder.allow(in, "ftz");
        Slot<float[]> value = FloatDecoder.source(e, c, in.has("ftz"));
        Slot<float[]> zero = e.registers.constant(0f);
        e.emit(new Compare<>(FloatLanes::lessOrEqual, false, notNegative, zero, value));
      }
      default -> throw new Unsupported("a choice by ." + types.get(1).spelling());
    }
    select(types.get(0), notNegative);
  }

  private void select(ScalarType type, int predicate) {
    Operand to = operand(in, 0);
    Operand a = operand(in, 1);
    Operand b = operand(in, 2);
    switch (type) {
      case F32 ->
          e.emit(new Select<>(FloatLanes::select, e.toF32(to), e.f32(a), e.f32(b), predicate));
      case F64 ->
          e.emit(new Select<>(DoubleLanes::select, e.toF64(to), e.f64(a), e.f64(b), predicate));
      case B64, U64, S64 ->
          e.emit(new Select<>(LongLanes::select, e.toB64(to), e.b64(a), e.b64(b), predicate));
      case B16, U16, S16, B32, U32, S32 ->
          e.emit(
              new Select<>(
                  IntLanes::select,
                  e.toInteger(to, type),
                  e.integer(a, type),
                  e.integer(b, type),
                  predicate));
      default -> throw new Unsupported("a choice between ." + type.spelling());
    }
  }
}
