package dev.lockstep.grill.toy;

import dev.lockstep.grill.evidence.Draws;
import dev.lockstep.reference.Leaf;
import dev.lockstep.reference.LinearFormula;
import dev.lockstep.reference.Variable;
import java.util.List;

/**
 * A linear layer, {@code y = x Wᵀ + b}.
 *
 * @param weight {@code [out, in]}
 * @param bias {@code [out]}, zero at first
 */
public record Dense(Leaf weight, Leaf bias) {
  /** Draws a layer. */
  public static Dense draw(Draws draws, Init init, int in, int out) {
    return new Dense(
        new Leaf("weight", init.draw(draws, in, out), out, in),
        new Leaf("bias", new double[out], out));
  }

  /** x {@code [rows, in]} → y {@code [rows, out]}. */
  public Variable apply(Variable x) {
    return LinearFormula.linear(x, x.tape().variable(weight), x.tape().variable(bias));
  }

  /** Weight and bias. */
  public List<Leaf> leaves() {
    return List.of(weight, bias);
  }
}
