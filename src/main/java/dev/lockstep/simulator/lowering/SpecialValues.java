package dev.lockstep.simulator.lowering;

import dev.lockstep.simulator.execution.RegisterFile.Special;
import dev.lockstep.simulator.execution.Slot;
import dev.lockstep.simulator.op.Clock;
import dev.lockstep.simulator.op.ConversionLanes;
import java.util.Locale;

/** Reads of special registers (PTX ISA 10). */
final class SpecialValues {
  private SpecialValues() {}

  static Slot<int[]> ints(Emitter e, String name) {
    return switch (name) {
      case "%clock", "%globaltimer_lo" -> {
        Slot<int[]> low = e.registers.temporaryInt();
        e.emit(ConversionLanes::longToInt, low, clock(e));
        yield low;
      }
      case "%clock_hi", "%globaltimer_hi" -> {
        Slot<int[]> high = e.registers.temporaryInt();
        e.emit(ConversionLanes::highInt, high, clock(e));
        yield high;
      }
      default -> e.registers.special(named(name));
    };
  }

  static Slot<long[]> longs(Emitter e, String name) {
    if (name.equals("%clock64") || name.equals("%globaltimer")) {
      return clock(e);
    }
    Slot<long[]> wide = e.registers.temporaryLong();
    e.emit(ConversionLanes::unsignedToLong, wide, ints(e, name));
    return wide;
  }

  private static Slot<long[]> clock(Emitter e) {
    Slot<long[]> now = e.registers.temporaryLong();
    e.emit(new Clock(now));
    return now;
  }

  /** Whether it keeps its value while a block runs; clocks do not. */
  static boolean isFixed(String name) {
    return !name.startsWith("%clock") && !name.startsWith("%globaltimer");
  }

  static Special named(String name) {
    String constant = name.substring(1).replace('.', '_').toUpperCase(Locale.ROOT);
    for (Special special : Special.values()) {
      if (special.name().equals(constant)) {
        return special;
      }
    }
    throw new Unsupported("special register " + name);
  }
}
