package dev.lockstep.simulator.sanitizer;

import dev.lockstep.ptx.Operand;
import dev.lockstep.ptx.Register;
import dev.lockstep.ptx.ScalarType;
import dev.lockstep.simulator.execution.Slot;
import dev.lockstep.simulator.execution.Warp;
import dev.lockstep.simulator.lowering.RegisterPlaces;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The registers of a kernel, numbered from 0 in the order in which they are first asked for. */
final class NumberedRegisters {
  /** The condition code of extended-precision arithmetic. */
  static final Register CARRY = new Register(0, "CC.CF", ScalarType.PRED, -4);

  private final Map<Register, Integer> numbers = new HashMap<>();
  private final RegisterPlaces places;

  NumberedRegisters(RegisterPlaces places) {
    this.places = places;
  }

  int number(Register register) {
    Integer known = numbers.get(register);
    if (known != null) {
      return known;
    }
    numbers.put(register, numbers.size());
    return numbers.size() - 1;
  }

  int[] numbers(Collection<Register> some) {
    return some.stream().mapToInt(this::number).toArray();
  }

  /** How many have been asked for. */
  int count() {
    return numbers.size();
  }

  int predicate(Register register) {
    return places.predicate(register);
  }

  /** The bits that a register has; of 128, the lower half stands for all. */
  static long bits(Register register) {
    int width = register.type() == ScalarType.PRED ? 1 : register.type().bits();
    return width >= 64 ? -1 : (1L << width) - 1;
  }

  /** What lanes hold in a register. */
  long[] values(Warp w, Register register) {
    long[] values = new long[Warp.LANES];
    if (register.type() == ScalarType.PRED) {
      int bits = register.equals(CARRY) ? 0 : w.predicates[places.predicate(register)];
      for (int i = 0; i < Warp.LANES; i++) {
        values[i] = bits >>> i & 1;
      }
      return values;
    }
    Slot<?> slot = places.slot(register);
    for (int i = 0; i < Warp.LANES; i++) {
      values[i] =
          switch (slot.file()) {
            case Slot.FLOATS -> Float.floatToRawIntBits(w.floats[slot.index()][i]) & 0xffff_ffffL;
            case Slot.INTS -> w.ints[slot.index()][i] & 0xffff_ffffL;
            case Slot.LONGS -> w.longs[slot.index()][i];
            default -> Double.doubleToRawLongBits(w.doubles[slot.index()][i]);
          };
    }
    return values;
  }

  static @Nullable Register register(Operand operand) {
    return switch (operand) {
      case Operand.Reg(Register register) -> register;
      case Operand.Not(Register register) -> register;
      case Operand.Part(Register register, String selector) -> register;
      case Operand.Negated(Operand negated) -> register(negated);
      default -> null;
    };
  }
}
