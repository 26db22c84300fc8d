package dev.lockstep.reference;

import java.util.Set;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The derivative of a stretch of computation of which only the input is kept: it is evaluated
 * again, on a tape of its own, when gradients come back.
 *
 * @param keptInside how many tensors that tape keeps besides the input and the result
 * @param bytesInside how many bytes that is
 * @param keepsResult whether it also keeps the result
 */
record Segment(
    UnaryOperator<Variable> function,
    Variable x,
    int keptInside,
    long bytesInside,
    boolean keepsResult)
    implements Derivative {
  /** One evaluation on a tape of its own. */
  record Pass(Tape tape, Variable x, Variable y) {
    static Pass of(UnaryOperator<Variable> function, Variable x) {
      Tape tape = new Tape();
      Variable input =
          x.needsGradient()
              ? tape.variable(x.values(), x.shape())
              : tape.constant(x.values(), x.shape());
      Variable y = function.apply(input);
      if (y.tape() != tape) {
        throw new IllegalArgumentException("a segment's result is not on its input's tape");
      }
      return new Pass(tape, input, y);
    }
  }

  static Segment of(UnaryOperator<Variable> function, Variable x, Pass pass) {
    Set<double[]> kept = pass.tape().kept();
    boolean keepsResult = kept.remove(pass.y().values());
    kept.remove(x.values());
    return new Segment(function, x, kept.size(), Tape.bytes(kept), keepsResult);
  }

  @Override
  public void pullBack(double[] upstream, double[] @Nullable [] gradients) {
    Pass pass = Pass.of(function, x);
    pass.y().seedGradient(upstream);
    pass.tape().reverse();
    x.tape().addCosts(pass.tape());
    if (gradients[0] != null) {
      Elementwise.addScaled(gradients[0], 1, pass.x().gradient());
    }
  }

  @Override
  public void pushForward(double[] @Nullable [] directions, double[] tangent) {
    if (directions[0] != null) {
      Pass pass = Pass.of(function, x);
      pass.x().seedTangent(directions[0]);
      pass.tape().forward();
      Elementwise.addScaled(tangent, 1, pass.y().tangent());
    }
  }

  @Override
  public Reads reads() {
    return Reads.INPUTS;
  }

  /** Of the sweeps of its own tape, which {@link Tape#addCosts} takes over. */
  @Override
  public long multiplies() {
    return 0;
  }
}
