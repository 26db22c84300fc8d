package dev.lockstep.train.health;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** Finds signs of trouble by the bounds of {@link HealthRule}, and tells each once. */
public final class HealthJudge {
  private final Set<String> told = new HashSet<>();

  /** The step with its warnings, those left out that an earlier step had at the same place. */
  public StepHealth judge(StepHealth step) {
    List<HealthWarning> found = new ArrayList<>(all(step));
    found.removeIf(warning -> !told.add(warning.rule() + " " + warning.place()));
    return step.warning(found);
  }

  /** All signs of trouble of a step. */
  static List<HealthWarning> all(StepHealth step) {
    List<HealthWarning> found = new ArrayList<>();
    nonFinite(found, step);
    for (TensorHealth tensor : step.activations()) {
      units(found, step, tensor);
    }
    gradients(found, step.blockGradientNorms());
    updates(found, step.largestUpdates());
    return found;
  }

  private static void nonFinite(List<HealthWarning> found, StepHealth step) {
    step.firstNonFinite()
        .filter(first -> step.lossScale() == 1 || first.part() != StepHealth.Part.GRADIENT)
        .ifPresent(
            first ->
                found.add(
                    new HealthWarning(
                        HealthRule.NON_FINITE,
                        first.what(),
                        text(
                            "%s: %,d of %,d values are not finite",
                            first, first.tensor().nonFinite(), first.tensor().count()))));
  }

  private static void units(List<HealthWarning> found, StepHealth step, TensorHealth tensor) {
    String layer = StepHealth.layer(tensor.name());
    double dead = tensor.dead().orElse(0);
    if (dead > HealthRule.DEAD.limit() && step.rows() >= HealthRule.LEAST_ROWS) {
      found.add(
          new HealthWarning(
              HealthRule.DEAD,
              layer,
              text(
                  "%s: %.0f %% of units dead (0 in all %,d rows)",
                  StepHealth.words(layer), 100 * dead, step.rows())));
    }
    double saturated = tensor.saturated().orElse(0);
    if (saturated > HealthRule.SATURATED.limit()) {
      found.add(
          new HealthWarning(
              HealthRule.SATURATED,
              layer,
              text(
                  "%s: %.0f %% of activations saturated",
                  StepHealth.words(layer), 100 * saturated)));
    }
  }

  private static void updates(List<HealthWarning> found, List<ParameterHealth> largest) {
    for (ParameterHealth parameter : largest) {
      double update = parameter.update().orElse(0);
      if (update > HealthRule.UPDATE.limit()) {
        String layer = StepHealth.layer(parameter.name());
        found.add(
            new HealthWarning(
                HealthRule.UPDATE,
                layer,
                text(
                    "%s: one step changes %.0f %% of %s",
                    StepHealth.words(layer), 100 * update, parameter.name())));
      }
    }
  }

  private static void gradients(List<HealthWarning> found, List<Double> norms) {
    if (norms.size() < HealthRule.LEAST_BLOCKS) {
      return;
    }
    double first = norms.getFirst();
    double last = norms.getLast();
    double change = first / last;
    double each = Math.pow(change, 1.0 / (norms.size() - 1));
    String way =
        text(
            "per layer from block %d (%.1e) down to block 0 (%.1e)", norms.size() - 1, last, first);
    // Written so that NaN, of a gradient that is not finite or nowhere more than 0, says nothing.
    if (each < HealthRule.VANISHING.limit() && change < 1 / HealthRule.LEAST_CHANGE) {
      found.add(
          new HealthWarning(
              HealthRule.VANISHING, "blocks", text("gradient norm falls ×%.2g %s", each, way)));
    }
    if (each > HealthRule.EXPLODING.limit() && change > HealthRule.LEAST_CHANGE) {
      found.add(
          new HealthWarning(
              HealthRule.EXPLODING, "blocks", text("gradient norm grows ×%.2g %s", each, way)));
    }
  }

  private static String text(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }
}
