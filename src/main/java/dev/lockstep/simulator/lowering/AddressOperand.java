package dev.lockstep.simulator.lowering;

import dev.lockstep.ptx.Operand;
import dev.lockstep.ptx.Register;
import dev.lockstep.ptx.StateSpace;
import dev.lockstep.simulator.execution.Slot;
import dev.lockstep.simulator.memory.Windows;
import dev.lockstep.simulator.op.Address;
import dev.lockstep.simulator.op.ConversionLanes;
import dev.lockstep.simulator.op.IntLanes;
import org.jspecify.annotations.Nullable;

/** The address operand of an access: a register or a name, and what is added to it. */
final class AddressOperand {
  private final Emitter e;
  private final StateSpace space;

  private AddressOperand(Emitter e, StateSpace space) {
    this.e = e;
    this.space = space;
  }

  /**
   * Where an access in a state space goes.
   *
   * @throws Unsupported when the operand is no address there
   */
  static Address of(Operand operand, StateSpace space, Emitter e) {
    if (!(operand instanceof Operand.Address(Operand base, long offset))) {
      throw new Unsupported("an operand that is no address");
    }
    AddressOperand access = new AddressOperand(e, space);
    return base instanceof Operand.Symbol(String name, long more)
        ? access.named(name, more, offset)
        : access.computed(base, offset);
  }

  private Address named(String name, long more, long offset) {
    Symbols.Place place = e.symbols.find(name);
    requireReach(name, place);
    if (place != null && place.framed()) {
      return new Address(place.space(), e.framePointer(), place.address() + more + offset);
    }
    return new Address(
        spaceOf(place), e.registers.constant(e.symbols.addressOf(name, more)), offset);
  }

  /** A name is accessed in its own space, or by a generic access where such reach it. */
  private void requireReach(String name, Symbols.@Nullable Place place) {
    if (place == null || place.framed() || place.space() == space) {
      return;
    }
    boolean local = place.space() == StateSpace.LOCAL;
    boolean reached =
        switch (space) {
          case GENERIC ->
              local || place.space() == StateSpace.GLOBAL || place.space() == StateSpace.SHARED;
          case PARAM -> local; // Parameters of calls lie there.
          default -> false;
        };
    if (!reached) {
      throw new Unsupported(
          "%s lies in %s memory, which is not accessed so"
              .formatted(name, place.space().spelling()));
    }
  }

  /** Named without a space, a variable is accessed in its own. */
  private StateSpace spaceOf(Symbols.@Nullable Place place) {
    // Parameters of calls lie in local memory.
    boolean own = space == StateSpace.GENERIC || space == StateSpace.PARAM;
    return own && place != null ? place.space() : space;
  }

  private Address computed(Operand base, long offset) {
    if (base instanceof Operand.IntLiteral && space != StateSpace.LOCAL) {
      throw new Unsupported("an address that is a number, which only local memory has");
    }
    // Parameters of functions lie in local memory.
    StateSpace in = space == StateSpace.PARAM && e.symbols.ofFunction() ? StateSpace.LOCAL : space;
    boolean narrow =
        base instanceof Operand.Reg(Register r) && RegisterFileBuilder.file(r.type()) == Slot.INTS;
    if (!narrow) {
      return new Address(in, e.b64(base), offset);
    }
    return switch (in) {
      case SHARED, LOCAL -> new Address(in, e.b32(base), offset);
      // The lower half of an address there says how far from the start it is; sums wrap around.
      case CONST -> new Address(in, wrapped(base, (int) offset), Windows.CONST);
      case PARAM -> new Address(in, e.b64(base), offset);
      case GLOBAL, GENERIC -> throw new Unsupported("a 32-bit address of 64-bit memory");
    };
  }

  private Slot<long[]> wrapped(Operand base, int offset) {
    Slot<int[]> sum = e.registers.temporaryInt();
    e.emit(IntLanes::add, sum, e.b32(base), e.registers.constant(offset));
    Slot<long[]> wide = e.registers.temporaryLong();
    e.emit(ConversionLanes::unsignedToLong, wide, sum);
    return wide;
  }
}
