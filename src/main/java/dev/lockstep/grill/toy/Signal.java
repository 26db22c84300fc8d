package dev.lockstep.grill.toy;

import dev.lockstep.grill.evidence.Draws;
import dev.lockstep.reference.ActivationFormula;
import dev.lockstep.reference.LinearFormula;
import dev.lockstep.reference.Primitives;
import dev.lockstep.reference.Tape;
import dev.lockstep.reference.Variable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * A signal on its way through a chain of layers of one width, and the gradient on its way back:
 *
 * <pre>{@code
 * Signal signal = Signal.through(draws, Init.he(), ActivationFormula.RELU, 50, 128, 64);
 * signal.meanSquares();          // E[h²] of h₀ … h₅₀
 * signal.gradientNorms(draws);   // |∂L/∂h₀| … |∂L/∂h₅₀|
 * }</pre>
 *
 * The input is standard normal, and L is the product of the last layer's output with a standard
 * normal matrix, so that what comes back is the layers' doing alone.
 *
 * @param passed h₀, the input, and what each layer hands on, each {@code [batch, width]}
 */
public record Signal(List<Variable> passed) {
  /** Draws one layer of a chain. */
  @FunctionalInterface
  public interface LayerDraw {
    /** Layer {@code index}, from 0, as a function from {@code [batch, width]} to the same shape. */
    UnaryOperator<Variable> draw(Draws draws, int index);
  }

  public Signal {
    passed = List.copyOf(passed);
  }

  /** Through linear layers without bias, each followed by an activation. */
  public static Signal through(
      Draws draws, Init init, ActivationFormula activation, int depth, int width, int batch) {
    return through(
        draws,
        (d, index) -> {
          UnaryOperator<Variable> linear = linear(d, init, width, width);
          return h -> activation.apply(linear.apply(h));
        },
        depth,
        width,
        batch);
  }

  /** Through any layers. */
  public static Signal through(Draws draws, LayerDraw layers, int depth, int width, int batch) {
    List<Variable> passed = new ArrayList<>();
    Variable input = new Tape().variable(draws.normals(batch * width, 1), batch, width);
    passed.add(Primitives.scale(input, 1)); // unlike an input's, its gradient begins anew
    for (int i = 0; i < depth; i++) {
      passed.add(layers.draw(draws, i).apply(passed.getLast()));
    }
    return new Signal(passed);
  }

  /** Draws a linear layer without bias whose weights are not trained. */
  public static UnaryOperator<Variable> linear(Draws draws, Init init, int in, int out) {
    double[] weights = init.draw(draws, in, out);
    return x -> LinearFormula.linear(x, x.tape().constant(weights, out, in), null);
  }

  /** E[h²] over batch and width, of the input and of each layer. */
  public double[] meanSquares() {
    return passed.stream().mapToDouble(h -> squares(h.values()) / h.count()).toArray();
  }

  /** How many powers of ten lie between the mean square of the input and the last layer's. */
  public double growth() {
    double[] all = meanSquares();
    return Math.log10(all[all.length - 1] / all[0]);
  }

  /** The Euclidean norm of ∂L/∂h over batch and width, for the input and for each layer. */
  public double[] gradientNorms(Draws draws) {
    Variable last = passed.getLast();
    last.tape().forgetSeeds();
    last.seedGradient(draws.normals(last.count(), 1));
    last.tape().reverse();
    return passed.stream().mapToDouble(h -> Math.sqrt(squares(h.gradient()))).toArray();
  }

  /**
   * log₁₀ |∂L/∂h₀| / |∂L/∂hₗ|, l the last layer: how many powers of ten the gradient changes by.
   */
  public double gradientGrowth(Draws draws) {
    double[] all = gradientNorms(draws);
    return Math.log10(all[0] / all[all.length - 1]);
  }

  private static double squares(double[] values) {
    return Arrays.stream(values).map(v -> v * v).sum();
  }
}
