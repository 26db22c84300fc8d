package dev.lockstep.simulator.jit;

import dev.lockstep.simulator.execution.Slot;
import org.jspecify.annotations.Nullable;

/**
 * A comparison of a 32-bit register with what is the same in all lanes.
 *
 * @param method of {@link dev.lockstep.simulator.execution.LaneCount}
 * @param complemented whether it is wanted where that does not hold
 */
record CountComparison(String method, boolean complemented) {
  /** The comparison that an instruction is, without a guard; null if it is none. */
  static @Nullable CountComparison of(Scalar scalar) {
    if (scalar.guard() != null
        || !(scalar.sources().getFirst() instanceof Place counted)
        || counted.uniform()
        || counted.file() != Slot.INTS
        || !isSame(scalar.sources().getLast())) {
      return null;
    }
    return switch (Forms.wordComparison(scalar.form())) {
      case EQ -> new CountComparison("equal", false);
      case NE -> new CountComparison("equal", true);
      case LT -> new CountComparison("below", false);
      case GE -> new CountComparison("below", true);
      case GT -> new CountComparison("above", false);
      case LE -> new CountComparison("above", true);
      case null, default -> null;
    };
  }

  private static boolean isSame(Source source) {
    return switch (source) {
      case Place place -> place.uniform() && place.file() == Slot.INTS;
      case Source.Literal(boolean floating, long bits, double value) -> !floating;
      default -> false;
    };
  }
}
