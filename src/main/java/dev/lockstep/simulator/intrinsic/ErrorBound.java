package dev.lockstep.simulator.intrinsic;

/**
 * How far the PTX ISA manual (9.7.3 and 9.7.4) allows the result of each approximate instruction to
 * be off. Not in the table, and therefore never perturbed: {@code rcp.approx.ftz.f64}, {@code
 * rsqrt.approx.ftz.f64} and {@code rsqrt.approx.f64}, for which it names no bound.
 */
public enum ErrorBound {
  /** {@code rcp.approx.f32}: 1 ulp. */
  RCP(Kind.ULPS, 1),
  /** {@code sqrt.approx.f32}: relative 2⁻²³. */
  SQRT(Kind.RELATIVE, 0x1p-23),
  /** {@code rsqrt.approx.f32}: relative 2⁻²²·⁹. */
  RSQRT(Kind.RELATIVE, Math.pow(2, -22.9)),
  /** {@code ex2.approx.f32}: 2 ulp. */
  EX2(Kind.ULPS, 2),
  /** {@code lg2.approx.f32}: absolute 2⁻²² for operands in (½, 2), relative 2⁻²² elsewhere. */
  LG2(Kind.LOGARITHM, 0x1p-22),
  /** {@code sin.approx.f32}: absolute 2⁻²⁰·⁵ in [−2π, 2π], 2⁻¹⁴·⁷ in [−100π, 100π]. */
  SIN(Kind.ANGLE, Math.pow(2, -20.5)),
  /** {@code cos.approx.f32}: as {@link #SIN}. */
  COS(Kind.ANGLE, Math.pow(2, -20.5)),
  /** {@code tanh.approx.f32}: relative 2⁻¹¹. */
  TANH(Kind.RELATIVE, 0x1p-11),
  /** {@code div.approx.f32}: 2 ulp for a divisor within [2⁻¹²⁶, 2¹²⁶]. */
  DIV_APPROX(Kind.ULPS, 2),
  /** {@code div.full.f32}: 2 ulp. */
  DIV_FULL(Kind.ULPS, 2),
  /** {@code ex2.approx.f16}: relative 2⁻⁹·⁹. */
  EX2_F16(Kind.RELATIVE, Math.pow(2, -9.9)),
  /** {@code ex2.approx.ftz.bf16}: relative 2⁻⁷. */
  EX2_BF16(Kind.RELATIVE, 0x1p-7),
  /** {@code tanh.approx.f16}: absolute 2⁻¹⁰·⁹⁸⁷. */
  TANH_F16(Kind.ABSOLUTE, Math.pow(2, -10.987)),
  /** {@code tanh.approx.bf16}: absolute 2⁻⁸. */
  TANH_BF16(Kind.ABSOLUTE, 0x1p-8);

  private static final double FAR_ANGLE = Math.pow(2, -14.7);

  private enum Kind {
    ULPS,
    RELATIVE,
    ABSOLUTE,
    LOGARITHM,
    ANGLE
  }

  private final Kind kind;
  private final double size;

  ErrorBound(Kind kind, double size) {
    this.kind = kind;
    this.size = size;
  }

  /**
   * The largest error, absolute.
   *
   * @param operand the first, already flushed where the instruction says so
   * @param exact the exact result
   * @return 0 where nothing is promised: there the result is as good as without perturbation
   */
  public double at(double operand, double exact) {
    return switch (kind) {
      // Of the float below in magnitude, so that the bound holds on both sides of a power of two.
      case ULPS -> size * Math.ulp((float) (Math.abs(exact) * (1 - 0x1p-24)));
      case RELATIVE -> size * Math.abs(exact);
      case ABSOLUTE -> size;
      case LOGARITHM -> operand > 0.5 && operand < 2 ? size : size * Math.abs(exact);
      case ANGLE -> {
        double angle = Math.abs(operand);
        yield angle <= 2 * Math.PI ? size : angle <= 100 * Math.PI ? FAR_ANGLE : 0;
      }
    };
  }

  /** Whether results lie in [−1, 1], which an error does not carry them out of. */
  boolean isBounded() {
    return switch (this) {
      case SIN, COS, TANH, TANH_F16, TANH_BF16 -> true;
      default -> false;
    };
  }
}
