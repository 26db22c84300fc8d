package dev.lockstep.train.health;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The tensors of one step, in the order of the forward pass.
 *
 * @param step from 1
 * @param rows of every activation, over all passes of the step
 * @param lossScale what the loss was multiplied by; gradients are without it
 * @param activations of all rows
 * @param parameters all of them
 * @param absent activations that are never there as a whole, of which nothing is known
 * @param warnings that were new at this step
 */
public record StepHealth(
    int step,
    long rows,
    double lossScale,
    List<TensorHealth> activations,
    List<ParameterHealth> parameters,
    List<String> absent,
    List<HealthWarning> warnings) {

  /** Takes copies. */
  public StepHealth {
    activations = List.copyOf(activations);
    parameters = List.copyOf(parameters);
    absent = List.copyOf(absent);
    warnings = List.copyOf(warnings);
  }

  /** The same with warnings. */
  StepHealth warning(List<HealthWarning> found) {
    return new StepHealth(step, rows, lossScale, activations, parameters, absent, found);
  }

  /** What a tensor is to a step, in the order in which one that is not finite spoils the next. */
  public enum Part {
    PARAMETER("parameter "),
    ACTIVATION("activation "),
    GRADIENT("gradient of ");

    private final String prefix;

    Part(String prefix) {
      this.prefix = prefix;
    }

    /** A tensor of that kind in words, for example {@code gradient of blocks.1.up.weight}. */
    public String of(String name) {
      return prefix + name;
    }
  }

  /**
   * A tensor that is not finite.
   *
   * @param tensors how many there are, it included
   */
  public record NonFinite(Part part, TensorHealth tensor, int tensors) {
    /** For example {@code gradient of blocks.1.up.weight}. */
    public String what() {
      return part.of(tensor.name());
    }

    @Override
    public String toString() {
      return tensors == 1 ? what() : "%s (first of %d)".formatted(what(), tensors);
    }
  }

  /**
   * The first tensor that is not finite: weights come before activations and these before
   * gradients, since where one is not finite nothing after it can be.
   */
  public Optional<NonFinite> firstNonFinite() {
    List<NonFinite> all = new ArrayList<>();
    parameters.forEach(one -> all.add(new NonFinite(Part.PARAMETER, one.weights(), 1)));
    activations.forEach(one -> all.add(new NonFinite(Part.ACTIVATION, one, 1)));
    parameters.forEach(one -> all.add(new NonFinite(Part.GRADIENT, one.gradient(), 1)));
    all.removeIf(one -> one.tensor().nonFinite() == 0);
    return all.stream()
        .findFirst()
        .map(first -> new NonFinite(first.part(), first.tensor(), all.size()));
  }

  /** The norm of all gradients of each layer; NaN where one is not finite. */
  public Map<String, Double> gradientNorms() {
    Map<String, Double> norms = new LinkedHashMap<>();
    for (ParameterHealth parameter : parameters) {
      TensorHealth gradient = parameter.gradient();
      double own = gradient.nonFinite() == 0 ? gradient.norm() : Double.NaN;
      norms.merge(layer(parameter.name()), own, Math::hypot);
    }
    return norms;
  }

  /** Of each layer the parameter that was changed by the largest share of its weights. */
  List<ParameterHealth> largestUpdates() {
    Map<String, ParameterHealth> largest = new LinkedHashMap<>();
    for (ParameterHealth parameter : parameters) {
      if (parameter.update().isPresent()) {
        largest.merge(
            layer(parameter.name()),
            parameter,
            (one, other) ->
                other.update().getAsDouble() > one.update().getAsDouble() ? other : one);
      }
    }
    return List.copyOf(largest.values());
  }

  /** The largest update of each layer, as a share of the parameter's weights. */
  public Map<String, Double> updates() {
    Map<String, Double> updates = new LinkedHashMap<>();
    largestUpdates()
        .forEach(one -> updates.put(layer(one.name()), one.update().orElse(Double.NaN)));
    return updates;
  }

  /** The gradient norms of the blocks alone, from the first to the last. */
  List<Double> blockGradientNorms() {
    List<Double> norms = new ArrayList<>();
    gradientNorms()
        .forEach(
            (layer, norm) -> {
              if (layer.startsWith(BLOCKS)) {
                norms.add(norm);
              }
            });
    return norms;
  }

  private static final String BLOCKS = "blocks.";

  /** The layer a tensor belongs to: {@code blocks.0} of {@code blocks.0.up.weight}. */
  static String layer(String tensor) {
    int from = tensor.startsWith(BLOCKS) ? BLOCKS.length() : 0;
    int end = tensor.indexOf('.', from);
    return end < 0 ? tensor : tensor.substring(0, end);
  }

  /** A layer in words: {@code block 0}. */
  static String words(String layer) {
    return layer.startsWith(BLOCKS) ? "block " + layer.substring(BLOCKS.length()) : layer;
  }
}
