package dev.lockstep.simulator.intrinsic;

/** The four IEEE 754 rounding directions PTX can name. */
public enum Rounding {
  /** {@code .rn}, {@code .rni}: to nearest, ties to even. */
  NEAREST,
  /** {@code .rz}, {@code .rzi}: toward zero. */
  ZERO,
  /** {@code .rm}, {@code .rmi}: toward negative infinity. */
  DOWN,
  /** {@code .rp}, {@code .rpi}: toward positive infinity. */
  UP;

  /**
   * The direction a PTX modifier names.
   *
   * @param modifier without its dot: rn, rz, rm, rp, rni, rzi, rmi or rpi
   * @throws IllegalArgumentException for any other text
   */
  public static Rounding of(String modifier) {
    return switch (modifier) {
      case "rn", "rni" -> NEAREST;
      case "rz", "rzi" -> ZERO;
      case "rm", "rmi" -> DOWN;
      case "rp", "rpi" -> UP;
      default ->
          throw new IllegalArgumentException(
              "rounding modifier '" + modifier + "' must be rn, rz, rm, rp, rni, rzi, rmi or rpi");
    };
  }

  /** Rounds to an integral value; zeros keep the sign of {@code value}, NaN stays NaN. */
  public double toIntegral(double value) {
    return switch (this) {
      case NEAREST -> Math.rint(value);
      case ZERO -> value < 0 ? Math.ceil(value) : Math.floor(value);
      case DOWN -> Math.floor(value);
      case UP -> Math.ceil(value);
    };
  }

  /**
   * True when a result rounded to {@code nearest} has to move one step toward zero to obey this
   * direction; {@code exact} has the value before rounding.
   */
  boolean stepsTowardZero(double nearest, double exact) {
    return switch (this) {
      case NEAREST -> false;
      case ZERO -> Math.abs(nearest) > Math.abs(exact);
      case DOWN -> nearest > exact && exact > 0;
      case UP -> nearest < exact && exact < 0;
    };
  }

  /** The counterpart of {@link #stepsTowardZero}: one step to the larger magnitude. */
  boolean stepsAwayFromZero(double nearest, double exact) {
    return switch (this) {
      case NEAREST, ZERO -> false;
      case DOWN -> nearest > exact && exact < 0;
      case UP -> nearest < exact && exact > 0;
    };
  }
}
