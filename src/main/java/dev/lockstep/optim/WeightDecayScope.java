package dev.lockstep.optim;

import dev.lockstep.nn.Parameter;
import dev.lockstep.nn.ParameterSpec;
import dev.lockstep.ops.Labels;
import java.util.Locale;

/** Which parameters weight decay pulls towards zero. */
public enum WeightDecayScope {
  /** The weights of linear layers: not embeddings, biases and the weights of norms. */
  MATRICES,
  /** These and embeddings: all but vectors. */
  WEIGHTS,
  /** Every parameter. */
  ALL;

  /** Whether weight decay pulls this parameter. */
  public boolean takesIn(Parameter parameter) {
    return switch (this) {
      case MATRICES -> parameter.spec().kind() == ParameterSpec.Kind.MATRIX;
      case WEIGHTS -> parameter.spec().kind() != ParameterSpec.Kind.VECTOR;
      case ALL -> true;
    };
  }

  static void requireDecay(double weightDecay) {
    if (!(weightDecay >= 0 && (float) weightDecay < Float.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException(
          "weightDecay " + (float) weightDecay + " must be finite and at least 0");
    }
  }

  /** The name on the command line: {@code matrices}. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * The scope of that {@link #label}.
   *
   * @throws IllegalArgumentException for any other; the message lists the names
   */
  public static WeightDecayScope of(String label) {
    return Labels.find("weight decay scope", values(), WeightDecayScope::label, label);
  }
}
