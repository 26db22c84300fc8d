package dev.lockstep.grill.toy;

import dev.lockstep.grill.evidence.Draws;
import dev.lockstep.reference.ActivationFormula;
import dev.lockstep.reference.EmbeddingFormula;
import dev.lockstep.reference.Leaf;
import dev.lockstep.reference.LinearFormula;
import dev.lockstep.reference.Primitives;
import dev.lockstep.reference.SoftmaxFormula;
import dev.lockstep.reference.Tape;
import dev.lockstep.reference.Variable;
import dev.lockstep.reference.Views;
import java.util.ArrayList;
import java.util.List;

/**
 * A language model of one transformer block: one head of causal attention and a feed-forward
 * network, each behind a layer norm and with a residual path around it; learnt positions.
 *
 * @param leaves tokens {@code [vocabulary, width]}, positions {@code [length, width]}, the four
 *     weights of attention, those of the feed-forward network, and the one before the logits
 */
public record LanguageBlock(int length, int width, Inside inside, List<Leaf> leaves) {
  public LanguageBlock {
    leaves = List.copyOf(leaves);
  }

  /** What the feed-forward network is. */
  public enum Inside {
    /** None, but for attention. */
    NOTHING,
    /** Two matrices with GELU between. */
    GELU,
    /** Two matrices with ReLU between. */
    RELU,
    /** Two beside each other, one through SiLU, and a third. */
    SWIGLU
  }

  /**
   * Draws a model.
   *
   * @param hidden the width inside the feed-forward network, if there is one
   */
  public static LanguageBlock draw(
      Draws draws, int vocabulary, int length, int width, Inside inside, int hidden) {
    List<Leaf> leaves = new ArrayList<>();
    leaves.add(new Leaf("tokens", draws.normals(vocabulary * width, 1), vocabulary, width));
    leaves.add(new Leaf("positions", draws.normals(length * width, 1), length, width));
    for (int i = 0; i < 4; i++) {
      leaves.add(weight(draws, width, width));
    }
    if (inside == Inside.SWIGLU) {
      leaves.add(weight(draws, width, hidden));
    }
    if (inside != Inside.NOTHING) {
      leaves.add(weight(draws, width, hidden));
      leaves.add(weight(draws, hidden, width));
    }
    leaves.add(weight(draws, width, vocabulary));
    return new LanguageBlock(length, width, inside, leaves);
  }

  private static Leaf weight(Draws draws, int in, int out) {
    return new Leaf("weight", Init.lecun().draw(draws, in, out), out, in);
  }

  /** Logits {@code [tokens, vocabulary]} of sequences of the length, one after the other. */
  public Variable logits(Tape tape, int... tokens) {
    int[] positions = new int[tokens.length];
    for (int i = 0; i < tokens.length; i++) {
      positions[i] = i % length;
    }
    Variable x =
        Primitives.add(
            EmbeddingFormula.lookup(tape.variable(leaves.get(0)), tokens),
            EmbeddingFormula.lookup(tape.variable(leaves.get(1)), positions));
    x = Primitives.add(x, attention(Norms.layer(x)));
    if (inside != Inside.NOTHING) {
      x = Primitives.add(x, linear(hidden(Norms.layer(x)), leaves.size() - 2));
    }
    return linear(Norms.layer(x), leaves.size() - 1);
  }

  private Variable hidden(Variable h) {
    Variable first = linear(h, 6);
    return switch (inside) {
      case NOTHING -> throw new IllegalStateException("no feed-forward network");
      case GELU -> ActivationFormula.GELU_TANH.apply(first);
      case RELU -> ActivationFormula.RELU.apply(first);
      case SWIGLU -> LinearFormula.glu(first, linear(h, 7), ActivationFormula.SILU);
    };
  }

  /** All sequences in one product; what is not of a token's own past is masked. */
  private Variable attention(Variable h) {
    int rows = h.rows();
    double[] mask = new double[rows * rows];
    for (int r = 0; r < rows; r++) {
      for (int c = 0; c < rows; c++) {
        boolean seen = c <= r && c / length == r / length;
        mask[r * rows + c] = seen ? 0 : Double.NEGATIVE_INFINITY;
      }
    }
    Variable scores = Primitives.matmul(linear(h, 2), Views.transpose(linear(h, 3)));
    Variable masked =
        Primitives.add(
            Primitives.scale(scores, 1 / Math.sqrt(width)), h.tape().constant(mask, rows, rows));
    return linear(Primitives.matmul(SoftmaxFormula.softmax(masked), linear(h, 4)), 5);
  }

  private Variable linear(Variable x, int leaf) {
    return LinearFormula.linear(x, x.tape().variable(leaves.get(leaf)), null);
  }
}
