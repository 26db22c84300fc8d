package dev.lockstep.simulator.jit;

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
  /** Hands on every place that is read. A result under a guard may keep its old value: read too. */
  void reads(Consumer<Place> use) {
    for (Source source : sources) {
      switch (source) {
        case Place place -> use.accept(place);
        case Source.Not(Place predicate) -> use.accept(predicate);
        case Source.Literal literal -> {}
      }
    }
    if (guard != null) {
      use.accept(guard);
      use.accept(target);
    }
  }
}
