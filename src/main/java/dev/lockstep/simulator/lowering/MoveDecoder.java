package dev.lockstep.simulator.lowering;

import static dev.lockstep.simulator.lowering.Emitter.operand;

import dev.lockstep.ptx.Instruction;
import dev.lockstep.ptx.Operand;
import dev.lockstep.ptx.Register;
import dev.lockstep.ptx.ScalarType;
import dev.lockstep.ptx.StateSpace;
import dev.lockstep.simulator.execution.Slot;
import dev.lockstep.simulator.memory.Windows;
import dev.lockstep.simulator.op.Compare;
import dev.lockstep.simulator.op.ConversionLanes;
import dev.lockstep.simulator.op.DoubleLanes;
import dev.lockstep.simulator.op.Frequent;
import dev.lockstep.simulator.op.LongLanes;
import dev.lockstep.simulator.op.PredicateOp;
import java.util.List;

/** Moves and address conversions (PTX ISA 9.7.9). */
final class MoveDecoder {
  private final Instruction in;
  private final Emitter e;

  private MoveDecoder(Instruction in, Emitter emitter) {
    this.in = in;
    this.e = emitter;
  }

  static void decode(Instruction in, Emitter emitter) {
    MoveDecoder decoder = new MoveDecoder(in, emitter);
    switch (in.opcode()) {
      case "mov" -> decoder.mov();
      case "cvta" -> decoder.cvta();
      case "isspacep" -> decoder.isspacep();
      default -> throw new Unsupported("the instruction is not known");
    }
  }

  private void mov() {
    Decoder.allow(in, "v2", "v4", "v8");
    ScalarType type = Decoder.type(in);
    Operand to = operand(in, 0);
    Operand from = operand(in, 1);
    if (to instanceof Operand.Vector(List<Operand> one)
        && one.size() == 1
        && !(from instanceof Operand.Vector)) {
      to = one.getFirst();
    } else if (from instanceof Operand.Vector(List<Operand> one)
        && one.size() == 1
        && !(to instanceof Operand.Vector)) {
      from = one.getFirst();
    }
    int lanes = in.has("v2") ? 2 : in.has("v4") ? 4 : in.has("v8") ? 8 : 1;
    if (lanes > 1 && !(from instanceof Operand.Special)) {
      VectorMoves.elements(e, elements(to, lanes), elements(from, lanes), type);
    } else if (to instanceof Operand.Vector(List<Operand> parts)
        && from instanceof Operand.Special(String name)
        && SpecialValues.isVector(name)) {
      VectorMoves.special(e, parts, name);
    } else if (to instanceof Operand.Vector(List<Operand> parts)) {
      VectorMoves.unpack(e, parts, from, type);
    } else if (from instanceof Operand.Vector(List<Operand> parts)) {
      VectorMoves.pack(e, to, parts, type);
    } else if (type == ScalarType.PRED) {
      e.emit(new PredicateOp(PredicateOp.Kind.MOVE, e.toPredicate(to), e.predicate(from), 0));
    } else if (type.bytes() == 16) {
      VectorMoves.move128(e, to, from);
    } else if (isIn(to, Slot.FLOATS)) {
      // The register's class decides, not the type: mov.b32 between floats copies floats.
      if (isIn(from, Slot.INTS)) {
        e.emit(new Frequent.BitsToFloat(e.toF32(to), e.b32(from)));
      } else {
        e.emit(new Frequent.FloatMove(e.toF32(to), e.f32(from)));
      }
    } else if (isIn(to, Slot.DOUBLES)) {
      if (isIn(from, Slot.LONGS)) {
        e.emit(ConversionLanes::bitsToDouble, e.toF64(to), e.b64(from));
      } else {
        e.emit(DoubleLanes::move, e.toF64(to), e.f64(from));
      }
    } else if (type.bytes() == 8) {
      if (isIn(from, Slot.DOUBLES)) {
        e.emit(ConversionLanes::doubleToBits, e.toB64(to), e.f64(from));
      } else {
        e.emit(new Frequent.LongMove(e.toB64(to), e.b64(from)));
      }
    } else if (isIn(from, Slot.FLOATS)) {
      e.emit(new Frequent.FloatToBits(e.toB32(to), e.f32(from)));
    } else {
      e.emit(new Frequent.IntMove(e.toInteger(to, type), e.integer(from, type)));
    }
  }

  private static List<Operand> elements(Operand vector, int lanes) {
    List<Operand> elements = Decoder.elements(vector);
    if (elements.size() != lanes) {
      throw new Unsupported(
          "an operand of " + elements.size() + " elements where " + lanes + " belong");
    }
    return elements;
  }

  private static boolean isIn(Operand operand, int file) {
    return operand instanceof Operand.Reg(Register r)
        && r.type() != ScalarType.PRED
        && RegisterFileBuilder.file(r.type()) == file;
  }

  /** Global addresses are generic as they are; those of windows are shifted. */
  private void cvta() {
    boolean toSpace = in.has("to");
    if (in.modifiers().lastIndexOf("to") > 0) {
      throw new Unsupported(".to stands first");
    }
    Decoder.onlyType(in, ScalarType.U64, ScalarType.U32);
    StateSpace space = space();
    // Constants are generic addresses already: they are found by binary search like global memory.
    long window = space == StateSpace.CONST ? 0 : window(space);
    Slot<long[]> d = e.toB64(operand(in, 0));
    Slot<long[]> a = e.b64(operand(in, 1));
    if (window == 0) {
      e.emit(LongLanes::move, d, a);
    } else {
      e.emit(LongLanes::add, d, a, e.registers.constant(toSpace ? -window : window));
    }
  }

  /**
   * Parameters lie within the global window, says the manual. The block's own shared memory is all
   * there is of its cluster's.
   */
  private void isspacep() {
    StateSpace space = space();
    Slot<long[]> a = e.b64(operand(in, 1));
    Compare.Test<long[]> inside =
        (lanes, same) -> {
          int bits = 0;
          for (int i = 0; i < lanes.length; i++) {
            bits |= isIn(space, lanes[i]) ? 1 << i : 0;
          }
          return bits;
        };
    e.emit(new Compare<>(inside, false, e.toPredicate(operand(in, 0)), a, a));
  }

  private static boolean isIn(StateSpace space, long address) {
    return space == StateSpace.GLOBAL
        ? !Windows.contains(Windows.SHARED, address)
            && !Windows.contains(Windows.LOCAL, address)
            && !Windows.contains(Windows.CONST, address)
        : Windows.contains(window(space), address);
  }

  private StateSpace space() {
    for (String modifier : in.modifiers()) {
      StateSpace space = StateSpace.named(modifier);
      if (space != null) {
        return space;
      }
    }
    throw new Unsupported("it names no state space");
  }

  private static long window(StateSpace space) {
    return switch (space) {
      case SHARED -> Windows.SHARED;
      case LOCAL -> Windows.LOCAL;
      case PARAM -> Windows.PARAM;
      case CONST -> Windows.CONST;
      case GLOBAL, GENERIC -> 0;
    };
  }
}
