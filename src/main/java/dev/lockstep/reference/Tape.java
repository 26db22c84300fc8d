package dev.lockstep.reference;

import java.util.ArrayList;
import java.util.List;

/**
 * Remembers each primitive as it is evaluated, and differentiates the lot in either direction:
 *
 * <pre>{@code
 * Tape tape = new Tape();
 * Variable x = tape.variable(values, 3, 4);
 * Variable y = SoftmaxFormula.softmax(x);
 * y.seedGradient(upstream);
 * tape.reverse();
 * x.gradient();
 * }</pre>
 *
 * Several outputs may be seeded; their gradients add up, as they should.
 */
public final class Tape {
  private final List<Step> steps = new ArrayList<>();

  private record Step(Variable output, Jacobian jacobian, List<Variable> inputs) {}

  /** An input: {@code values} in row-major order, not copied. */
  public Variable variable(double[] values, int... shape) {
    return new Variable(this, values, shape);
  }

  /** The result of a primitive. */
  Variable record(double[] values, int[] shape, Jacobian jacobian, Variable... inputs) {
    for (Variable input : inputs) {
      if (input.tape() != this) {
        throw new IllegalArgumentException("the inputs of one primitive are on different tapes");
      }
    }
    Variable output = new Variable(this, values, shape);
    steps.add(new Step(output, jacobian, List.of(inputs)));
    return output;
  }

  /** Reverse mode: carries the seeded gradients back, {@code xᵍ += Jᵀ yᵍ}. Once per tape. */
  public void reverse() {
    for (Step step : steps.reversed()) {
      if (!step.output().hasGradient()) {
        continue;
      }
      double[] upstream = step.output().gradient();
      double[][] gradients =
          step.inputs().stream().map(Variable::gradient).toArray(double[][]::new);
      step.jacobian()
          .forEach((out, input, in, partial) -> gradients[input][in] += partial * upstream[out]);
    }
  }

  /** Forward mode: carries the seeded tangents on, {@code ẏ += J ẋ}. Once per tape. */
  public void forward() {
    for (Step step : steps) {
      if (step.inputs().stream().noneMatch(Variable::hasTangent)) {
        continue;
      }
      double[] tangent = step.output().tangent();
      double[][] directions =
          step.inputs().stream().map(Variable::tangent).toArray(double[][]::new);
      step.jacobian()
          .forEach((out, input, in, partial) -> tangent[out] += partial * directions[input][in]);
    }
  }
}
