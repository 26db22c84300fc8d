package dev.lockstep.check;

import dev.lockstep.numeric.DType;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * How much a norm magnifies rounding: subtracting a mean from numbers much like it leaves their
 * rounding errors, and dividing by a small deviation enlarges them. All magnitudes are the largest
 * over the rows.
 *
 * @param input |s|
 * @param rstd rstd, with the share of a wrong mean in the variance
 * @param output what is multiplied and added to make y
 * @param gradient the terms of the input's gradient, and what a wrong mean does to them
 * @param weightGradient dy times what is normalised
 */
record NormConditioning(
    double input, double rstd, double output, double gradient, double weightGradient) {
  static NormConditioning of(Problem problem, boolean layer) {
    HostArray x = problem.input("x");
    HostArray dY = problem.upstream("y");
    HostArray dSum = problem.upstream().get("sum");
    HostArray weight = problem.optionalInput("weight");
    HostArray bias = problem.optionalInput("bias");
    double eps = problem.attributes().number("eps");
    double largestWeight = weight == null ? 1 : weight.maxAbs();
    NormConditioning worst = new NormConditioning(0, 0, 0, 0, 0);
    for (int r = 0; r < x.rows(); r++) {
      double[] s = row(x, r);
      HostArray residual = problem.optionalInput("residual");
      if (residual != null) {
        double[] added = row(residual, r);
        Arrays.setAll(s, i -> s[i] + added[i]);
      }
      worst = worst.max(ofRow(s, row(dY, r), weight == null ? null : weight.values(), eps, layer));
    }
    return new NormConditioning(
        worst.input,
        worst.rstd,
        worst.output * largestWeight + (bias == null ? 0 : bias.maxAbs()),
        worst.gradient + (dSum == null ? 0 : dSum.maxAbs()),
        worst.weightGradient);
  }

  private static double[] row(HostArray array, int row) {
    int columns = array.columns();
    return Arrays.copyOfRange(array.values(), row * columns, (row + 1) * columns);
  }

  private static NormConditioning ofRow(
      double[] s, double[] dY, double @Nullable [] weight, double eps, boolean layer) {
    int columns = s.length;
    double mean = layer ? Arrays.stream(s).sum() / columns : 0;
    double[] centred = Arrays.stream(s).map(v -> v - mean).toArray();
    double rstd = 1 / Math.sqrt(Arrays.stream(centred).map(v -> v * v).sum() / columns + eps);
    double meanG = 0;
    double meanAbsG = 0;
    double meanGx = 0;
    double meanAbsGx = 0;
    double maxG = 0;
    for (int i = 0; i < columns; i++) {
      double g = dY[i] * (weight == null ? 1 : weight[i]);
      double gx = g * centred[i] * rstd;
      meanG += g / columns;
      meanAbsG += Math.abs(g) / columns;
      meanGx += gx / columns;
      meanAbsGx += Math.abs(gx) / columns;
      maxG = Math.max(maxG, Math.abs(g));
    }
    double largest = HostArray.maxAbs(s);
    double normalized = HostArray.maxAbs(centred) * rstd;
    // What one rounding of the largest input is, after normalisation.
    double condition = largest * rstd;
    double u = DType.F32.unitRoundoff();
    double ordinary = maxG + meanAbsG + normalized * meanAbsGx;
    double shifted =
        condition * (Math.abs(meanGx) + (normalized + condition * u) * Math.abs(meanG));
    return new NormConditioning(
        largest,
        rstd * (1 + condition * condition * u),
        condition,
        rstd * (ordinary + shifted),
        HostArray.maxAbs(dY) * condition);
  }

  private NormConditioning max(NormConditioning other) {
    return new NormConditioning(
        Math.max(input, other.input),
        Math.max(rstd, other.rstd),
        Math.max(output, other.output),
        Math.max(gradient, other.gradient),
        Math.max(weightGradient, other.weightGradient));
  }
}
