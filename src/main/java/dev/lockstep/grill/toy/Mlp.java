package dev.lockstep.grill.toy;

import dev.lockstep.grill.evidence.Draws;
import dev.lockstep.reference.ActivationFormula;
import dev.lockstep.reference.Leaf;
import dev.lockstep.reference.Variable;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * Linear layers with an activation after each but the last.
 *
 * @param activation from pre-activations to activations
 */
public record Mlp(List<Dense> layers, UnaryOperator<Variable> activation) {
  /** 0.01, as the leaky ReLU has it by default. */
  private static final double LEAK = 0.01;

  public Mlp {
    layers = List.copyOf(layers);
  }

  /** Draws a network; {@code widths} begins with the input and ends with the output. */
  public static Mlp draw(Draws draws, Init init, ActivationFormula activation, int... widths) {
    return draw(draws, init, x -> activation.apply(x, LEAK), widths);
  }

  /** Draws a network with any activation. */
  public static Mlp draw(
      Draws draws, Init init, UnaryOperator<Variable> activation, int... widths) {
    List<Dense> layers = new ArrayList<>();
    for (int i = 1; i < widths.length; i++) {
      layers.add(Dense.draw(draws, init, widths[i - 1], widths[i]));
    }
    return new Mlp(layers, activation);
  }

  /** x {@code [rows, in]} → y {@code [rows, out]}. */
  public Variable apply(Variable x) {
    return trace(x).getLast();
  }

  /** The input, what every layer hands on (activations; of the last layer its output). */
  public List<Variable> trace(Variable x) {
    List<Variable> passed = new ArrayList<>(List.of(x));
    for (int i = 0; i < layers.size(); i++) {
      Variable z = layers.get(i).apply(passed.getLast());
      passed.add(i == layers.size() - 1 ? z : activation.apply(z));
    }
    return passed;
  }

  /** Everything trained. */
  public List<Leaf> leaves() {
    return layers.stream().flatMap(layer -> layer.leaves().stream()).toList();
  }
}
