package dev.lockstep.train;

import dev.lockstep.device.Stream;
import dev.lockstep.nn.Parameters;
import dev.lockstep.train.health.HealthProbe;
import dev.lockstep.train.health.StepHealth;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Finds the tensor that spoilt a loss. Weights come before activations and these before gradients:
 * where one is not finite, nothing after it can be.
 */
final class FirstNonFinite {
  private final Parameters parameters;
  private final TrainingStep step;
  private final RunHealth health;

  FirstNonFinite(Parameters parameters, TrainingStep step, RunHealth health) {
    this.parameters = parameters;
    this.step = step;
    this.health = health;
  }

  /**
   * Its name. What a probe saw is exact. Otherwise weights and activations are looked at again;
   * they are the step's as long as no later step that was queued before anybody knew has changed
   * the weights. Where one has, the gradient that the device kept in mind is named.
   *
   * @param outcomes of the steps up to the last that was queued
   * @param place of the step among them
   * @param seen what a probe saw of it
   */
  String find(
      Stream stream, List<StepWindow.Outcome> outcomes, int place, Optional<StepHealth> seen) {
    Optional<String> exact = seen.flatMap(StepHealth::firstNonFinite).map(first -> first.what());
    if (exact.isPresent()) {
      return exact.get();
    }
    int gradient = outcomes.get(place).state().nonFinite();
    String known = gradient == 0 ? "logits" : gradient(parameters, gradient);
    return outcomes.stream().skip(place).allMatch(outcome -> outcome.state().skip())
        ? lookAgain(stream, place).orElse(known)
        : known;
  }

  private Optional<String> lookAgain(Stream stream, int place) {
    for (Map.Entry<String, float[]> weights : parameters.read(stream).entrySet()) {
      for (float value : weights.getValue()) {
        if (!Float.isFinite(value)) {
          return Optional.of(StepHealth.Part.PARAMETER.of(weights.getKey()));
        }
      }
    }
    HealthProbe probe = health.probe();
    step.watch(stream, place, probe);
    return probe.firstNonFiniteActivation();
  }

  /** Of a parameter by its number, from 1. */
  static String gradient(Parameters parameters, int number) {
    return StepHealth.Part.GRADIENT.of(parameters.list().get(number - 1).name());
  }
}
