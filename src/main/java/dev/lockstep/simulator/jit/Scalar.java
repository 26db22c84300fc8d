package dev.lockstep.simulator.jit;

import dev.lockstep.simulator.execution.Slot;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One instruction that computes each lane of its result from the same lane of its sources, as far
 * as the second tier needs to know it.
 *
 * @param guard the predicate it runs under, or null
 * @param negated whether it runs where the guard is false
 */
public record Scalar(
    Form form, Place target, List<Source> sources, @Nullable Place guard, boolean negated) {
  /** Other lanes' values can only be moved, and by all lanes. */
  public Scalar {
    if (guard != null || !form.isMove()) {
      for (Source source : sources) {
        if (source instanceof Source.Elsewhere) {
          throw new IllegalArgumentException("another lane's value as an operand");
        }
      }
    }
  }

  /** What it adds to its 64-bit target in all lanes; 0 if it does not do just that. */
  long step() {
    return Forms.isLongAddition(form) ? added() : 0;
  }

  /** The same of a 32-bit target. */
  int wordStep() {
    return Forms.isWordAddition(form) && target.file() == Slot.INTS ? (int) added() : 0;
  }

  private long added() {
    return guard == null
            && sources.getFirst().equals(target)
            && sources.getLast()
                instanceof Source.Literal(boolean floating, long bits, double value)
            && !floating
        ? bits
        : 0;
  }

  /** Hands on every place that is read, of this lane or others. */
  public void readsAnywhere(Consumer<Place> use) {
    reads(use);
    readsElsewhere(use);
  }

  /** Hands on every place that is read in other lanes. */
  public void readsElsewhere(Consumer<Place> use) {
    for (Source source : sources) {
      if (source instanceof Source.Elsewhere(Place place, List<Integer> lanes)) {
        use.accept(place);
      }
    }
  }

  /**
   * Hands on every place that is read in this lane. A result under a guard may keep its old value:
   * read too.
   */
  public void reads(Consumer<Place> use) {
    for (Source source : sources) {
      switch (source) {
        case Place place -> use.accept(place);
        case Source.Not(Place predicate) -> use.accept(predicate);
        case Source.Literal literal -> {}
        case Source.Elsewhere elsewhere -> {}
        case Source.Bits bits -> {}
      }
    }
    if (guard != null) {
      use.accept(guard);
      use.accept(target);
    }
  }
}
