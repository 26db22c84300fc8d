package dev.lockstep.grill.evidence;

/**
 * A number held to a criterion.
 *
 * @param role what it says about the answer
 * @param arm which variant of the experiment the number is of
 */
public record Evidence(Role role, String arm, Criterion criterion, double value) {
  /** What a number says about the answer that is commonly given. */
  public enum Role {
    /** The answer is right in this. */
    SUPPORTS("shows"),
    /** The answer is loose here, and this is what is so. */
    CORRECTS("corrects"),
    /** A counterexample to the answer at its word. */
    REFUTES("refutes"),
    /** Chance is as large as the effect. */
    LEAVES_OPEN("leaves open"),
    /** A variant that must not meet the criterion, or the criterion would meet everything. */
    CONTROL("control");

    private final String word;

    Role(String word) {
      this.word = word;
    }

    @Override
    public String toString() {
      return word;
    }
  }

  /** Whether the criterion is met. */
  public boolean holds() {
    return criterion.holds(value);
  }

  /** Whether it came out as it must: met, but for a control. What is no number never did. */
  public boolean asItMust() {
    return !Double.isNaN(value) && holds() != (role == Role.CONTROL);
  }

  /** What the value must be: {@code < 1e-12}, or of a control {@code not < 1e-12}. */
  public String must() {
    return (role == Role.CONTROL ? "not " : "") + criterion.needed();
  }

  /** For example {@code affine residual after ReLU: 1.13, must not be < 1e-12}. */
  @Override
  public String toString() {
    return "%s%s: %s, %s be %s"
        .formatted(
            criterion.name(),
            arm.isEmpty() ? "" : ", " + arm,
            Numeral.text(value),
            role == Role.CONTROL ? "must not" : "must",
            criterion.needed());
  }
}
