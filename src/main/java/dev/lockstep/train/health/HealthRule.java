package dev.lockstep.train.health;

/**
 * What counts as a sign of trouble: the one table of bounds, each with its reason. None is made to
 * fit a model; {@link HealthJudge} applies them.
 */
public enum HealthRule {
  NON_FINITE(
      "not finite",
      0,
      "any value that is infinite or no number spreads to all that is computed from it; gradients"
          + " of a scaled loss are left out, for its scale is found by letting them overflow"),
  DEAD(
      "dead units",
      0.25,
      "no gradient reaches a unit that is 0 in every row. By chance a unit that answers to one row"
          + " in ten is silent in 32 rows with probability 0.9^32 = 3 %, so a quarter of a layer"
          + " is no chance; fewer rows are not judged"),
  SATURATED(
      "saturation",
      0.25,
      "where the slope is below a hundredth of the steepest, nearly nothing comes back. Of tanh"
          + " that is |z| > 2.99, of the logistic function |z| > 5.99: a quarter of a layer lies"
          + " there when z deviates by 2.6 or 5.2, several times the 1 it starts from"),
  VANISHING(
      "vanishing gradient",
      0.5,
      "halved by each block, a gradient is after 8 of them below 2^-8 of what it was, one rounding"
          + " of bf16; judged over three blocks or more whose first has less than a tenth of the"
          + " last, since blocks differ by small factors anyway"),
  EXPLODING(
      "exploding gradient",
      2,
      "where gradients double from each block to the one before it, and grow more than tenfold over"
          + " three or more, the first blocks take nearly all of a clipped step"),
  UPDATE(
      "large update",
      0.1,
      "steps that each change a tenth of the weights have replaced them after ten: what was learnt"
          + " before is lost. About a thousandth is usual; vectors are not judged, for biases"
          + " start at 0");

  /** Rows without which nothing is said of dead units. */
  static final int LEAST_ROWS = 32;

  /** Blocks without which a factor per block is none. */
  static final int LEAST_BLOCKS = 3;

  /** What a gradient's norm has to change by over all blocks, as a factor. */
  static final double LEAST_CHANGE = 10;

  private final String title;
  private final double limit;
  private final String reason;

  HealthRule(String title, double limit, String reason) {
    this.title = title;
    this.limit = limit;
    this.reason = reason;
  }

  /** In a few words. */
  public String title() {
    return title;
  }

  /** A share, or a factor from one block to the one before it. */
  public double limit() {
    return limit;
  }

  /** The limit in words. */
  public String bound() {
    return switch (this) {
      case NON_FINITE -> "none at all";
      case DEAD, SATURATED, UPDATE -> "%.0f %%".formatted(100 * limit);
      case VANISHING -> "below ×%s".formatted(limit);
      case EXPLODING -> "×%s".formatted(limit);
    };
  }

  /** Why that is the limit. */
  public String reason() {
    return reason;
  }
}
