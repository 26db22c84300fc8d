package dev.lockstep.simulator.lowering;

import dev.lockstep.ptx.Instruction;
import dev.lockstep.ptx.Operand;
import dev.lockstep.ptx.Register;
import dev.lockstep.ptx.Routine;
import dev.lockstep.ptx.ScalarType;
import dev.lockstep.ptx.StateSpace;
import dev.lockstep.simulator.execution.Slot;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * This pass: finds registers that hold one and the same value during a whole launch (a literal, a
 * parameter, a special register, or a copy of one) and gives them that value's place, so that the
 * instruction which sets them need not be executed by every warp of every block. Compilers begin
 * every kernel with a dozen of these.
 *
 * <p>A register qualifies when one instruction alone sets it, without a guard. Of others those who
 * read what such an instruction sets are given a register of their own.
 */
final class LaunchConstants {
  private final RegisterFileBuilder registers;
  private final Symbols symbols;
  private final List<Step> steps;
  private final SoleReaders readers;
  private final boolean[] constant;
  private final int[] definitions;

  private LaunchConstants(
      RegisterFileBuilder registers,
      Symbols symbols,
      List<Step> steps,
      SoleReaders readers,
      int registerCount) {
    this.registers = registers;
    this.symbols = symbols;
    this.steps = steps;
    this.readers = readers;
    this.constant = new boolean[steps.size()];
    this.definitions = new int[registerCount];
  }

  /** By step: whether its only effect was to set such a register. */
  static boolean[] find(
      RegisterFileBuilder registers,
      Symbols symbols,
      List<Step> steps,
      Routine routine,
      SoleReaders readers) {
    LaunchConstants pass =
        new LaunchConstants(registers, symbols, steps, readers, routine.registers().size());
    // Those are set by whoever calls the function.
    RoutinePlan.formals(routine).forEach(r -> pass.definitions[r.id()]++);
    for (Step step : steps) {
      Liveness.definitions(step, r -> pass.definitions[r.id()]++);
    }
    // Copies of copies need as many rounds as the chain is long; chains are short.
    while (pass.round()) {}
    return pass.constant;
  }

  private boolean round() {
    boolean found = false;
    for (int i = 0; i < constant.length; i++) {
      Step step = steps.get(i);
      if (!constant[i] && step.kind() == Step.Kind.PLAIN) {
        found |= take(i, step.instruction());
      }
    }
    return found;
  }

  private boolean take(int step, Instruction in) {
    if (in.guard() != null
        || in.operands().size() != 2
        || !(in.operands().get(0) instanceof Operand.Reg(Register d))
        || d.type() == ScalarType.PRED
        || d.type() == ScalarType.B128) {
      return false;
    }
    boolean alone = d.id() < definitions.length && definitions[d.id()] == 1;
    if (!alone && !readers.any(step)) {
      return false;
    }
    Slot<?> value = value(d, in);
    if (value == null) {
      return false;
    }
    registers.alias(alone ? d : readers.part(step), value);
    constant[step] = alone;
    return true;
  }

  /**
   * What the instruction sets its register to; null when it is no constant, or is not understood.
   */
  private @Nullable Slot<?> value(Register d, Instruction in) {
    try {
      return switch (in.opcode()) {
        case "mov" -> moved(d, in.operands().get(1), in);
        case "cvta" -> in.has("global") ? copied(d, in.operands().get(1)) : null;
        case "ld" -> parameter(d, in);
        default -> null;
      };
    } catch (Unsupported e) {
      return null; // The decoder says so with its place.
    }
  }

  private @Nullable Slot<?> moved(Register d, Operand from, Instruction in) {
    if (in.modifiers().size() != 1 || Decoder.type(in).bytes() != d.type().bytes()) {
      return null;
    }
    return switch (from) {
      case Operand.Reg r -> copied(d, from);
      case Operand.Symbol(String name, long offset) -> address(d, name, offset);
      case Operand.Special(String name) ->
          RegisterFileBuilder.file(d.type()) == Slot.INTS && SpecialValues.isFixed(name)
              ? registers.special(SpecialValues.named(name))
              : null;
      case Operand.FloatLiteral f ->
          switch (RegisterFileBuilder.file(d.type())) {
            case Slot.FLOATS -> registers.constant((float) f.value());
            case Slot.DOUBLES -> registers.constant(f.value());
            default -> null;
          };
      case Operand.IntLiteral(long value) ->
          switch (RegisterFileBuilder.file(d.type())) {
            case Slot.INTS ->
                registers.constant(d.type().bytes() == 2 ? (int) value & 0xffff : (int) value);
            case Slot.LONGS -> registers.constant(value);
            default -> null;
          };
      default -> null;
    };
  }

  private @Nullable Slot<?> copied(Register d, Operand from) {
    if (from instanceof Operand.Symbol(String name, long offset)) {
      return address(d, name, offset);
    }
    if (from instanceof Operand.Reg(Register source)
        && source.type().bytes() == d.type().bytes()
        && registers.isConstant(source)
        && registers.slot(source).file() == RegisterFileBuilder.file(d.type())) {
      return registers.slot(source);
    }
    return null;
  }

  private @Nullable Slot<?> address(Register d, String name, long offset) {
    Symbols.Place place = symbols.find(name);
    if (place == null || place.framed() || RegisterFileBuilder.file(d.type()) == Slot.FLOATS) {
      return null;
    }
    return RegisterFileBuilder.file(d.type()) == Slot.INTS
        ? registers.constant((int) (place.address() + offset))
        : registers.constant(place.address() + offset);
  }

  /** {@code ld.param} of a value as wide as its register, at a fixed place. */
  private @Nullable Slot<?> parameter(Register d, Instruction in) {
    if (!in.has("param")
        || !(in.operands().get(1)
            instanceof Operand.Address(Operand.Symbol(String name, long more), long offset))) {
      return null;
    }
    ScalarType type = Decoder.type(in);
    Symbols.Place place = symbols.find(name);
    if (place == null
        || place.space() != StateSpace.PARAM
        || type.bytes() != d.type().bytes()
        || type.bytes() < 4
        || more + offset < 0
        || more + offset + type.bytes() > place.bytes()) {
      return null;
    }
    return registers.parameter(RegisterFileBuilder.file(d.type()), place.address() + more + offset);
  }
}
