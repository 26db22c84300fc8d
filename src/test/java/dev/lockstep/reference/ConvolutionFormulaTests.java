package dev.lockstep.reference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lockstep.reference.ConvolutionFormula.Geometry;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The textbook's gradients of a convolution against the tape's. */
class ConvolutionFormulaTests {
  /** Sums of at most some hundred products of numbers below 1, in another order. */
  private static final double ROUNDING = 1e-13;

  private final Random random = new Random(3);

  /** One gradient by the tape. */
  private final class Case {
    final Geometry geometry;
    final int[] xShape;
    final int[] weightShape;
    final double[] x;
    final double[] weight;
    final double[] upstream;
    final double[] ofX;
    final double[] ofWeight;

    Case(Geometry geometry, int[] xShape, int[] weightShape) {
      this.geometry = geometry;
      this.xShape = xShape;
      this.weightShape = weightShape;
      x = random.doubles(Variable.count(xShape), -1, 1).toArray();
      weight = random.doubles(Variable.count(weightShape), -1, 1).toArray();
      Tape tape = new Tape();
      Variable images = tape.variable(x, xShape);
      Variable kernels = tape.variable(weight, weightShape);
      Variable y = ConvolutionFormula.conv2d(images, kernels, null, geometry);
      upstream = random.doubles(y.count(), -1, 1).toArray();
      y.seedGradient(upstream);
      tape.reverse();
      ofX = images.gradient();
      ofWeight = kernels.gradient();
    }
  }

  /** Strides with and without a rest; padding inside and past the kernel; gaps; groups. */
  @ParameterizedTest
  @CsvSource({
    "1, 0, 1, 1, 2, 4, 5, 3, 2, 3",
    "1, 1, 1, 1, 2, 4, 5, 3, 3, 3",
    "2, 1, 1, 1, 2, 6, 5, 3, 3, 2",
    "3, 0, 1, 1, 1, 9, 8, 1, 2, 2",
    "1, 2, 2, 1, 1, 5, 6, 2, 3, 2",
    "2, 3, 2, 1, 2, 7, 6, 2, 2, 3",
    "2, 1, 1, 2, 4, 6, 5, 6, 3, 2",
    "1, 0, 1, 3, 3, 4, 4, 3, 2, 2"
  })
  void gradientsAreConvolutions(
      int stride,
      int padding,
      int dilation,
      int groups,
      int channels,
      int height,
      int width,
      int outputs,
      int kernelHeight,
      int kernelWidth) {
    Geometry geometry = new Geometry(stride, padding, dilation, groups);
    Case each =
        new Case(
            geometry,
            new int[] {2, channels, height, width},
            new int[] {outputs, channels / groups, kernelHeight, kernelWidth});
    assertThat(
            ConvolutionFormula.inputGradient(
                each.upstream, each.weight, each.weightShape, each.xShape, geometry))
        .containsExactly(each.ofX, within(ROUNDING));
    if (groups == 1) {
      assertThat(
              ConvolutionFormula.weightGradient(
                  each.upstream, each.x, each.xShape, each.weightShape, geometry))
          .containsExactly(each.ofWeight, within(ROUNDING));
    }
  }

  @Test
  void onlyTheInputsGradientFlips() {
    assertThat(ConvolutionFormula.flipped(new double[] {1, 2, 3, 4, 5, 6}, new int[] {1, 1, 2, 3}))
        .containsExactly(6, 5, 4, 3, 2, 1);
    Case each = new Case(Geometry.PLAIN, new int[] {1, 2, 9, 9}, new int[] {3, 2, 3, 3});
    double[] unflipped =
        ConvolutionFormula.inputGradient(
            each.upstream,
            ConvolutionFormula.flipped(each.weight, each.weightShape),
            each.weightShape,
            each.xShape,
            Geometry.PLAIN);
    double worst = 0;
    for (int i = 0; i < unflipped.length; i++) {
      worst = Math.max(worst, Math.abs(unflipped[i] - each.ofX[i]));
    }
    assertThat(worst).isGreaterThan(0.5);
  }

  /** (1, 2, 3) with δ = 1 at the first output: the first three inputs get (1, 2, 3). */
  @Test
  void oneDeltaLeavesTheKernelWhereItStood() {
    double[] gradient =
        ConvolutionFormula.inputGradient(
            new double[] {1, 0},
            new double[] {1, 2, 3},
            new int[] {1, 1, 1, 3},
            new int[] {1, 1, 1, 4},
            Geometry.PLAIN);
    assertThat(gradient).containsExactly(1, 2, 3, 0);
  }

  @Test
  void multipliesAreThoseInsideTheImage() {
    Tape tape = new Tape();
    Variable x = tape.constant(new double[2 * 9], 1, 2, 3, 3);
    Variable weight = tape.variable(new double[4 * 2 * 9], 4, 2, 3, 3);
    Variable y = ConvolutionFormula.conv2d(x, weight, null, new Geometry(1, 1, 1, 1));
    assertThat(y.shape()).containsExactly(1, 4, 3, 3);
    // Of 9 taps at 9 places, 2 · 3 + 1 fall inside along each side.
    assertThat(tape.forwardMultiplies()).isEqualTo(4 * 2 * 7 * 7);
    tape.reverse(Primitives.sum(y));
    assertThat(tape.backwardMultiplies()).isEqualTo(4 * 2 * 7 * 7);
    assertThat(tape.keptTensors()).as("x, for the kernels").isOne();
  }

  @Test
  void refusesWhatDoesNotFit() {
    Tape tape = new Tape();
    Variable x = tape.variable(new double[2 * 4], 1, 2, 2, 2);
    Variable weight = tape.variable(new double[2 * 9], 1, 2, 3, 3);
    assertThatThrownBy(() -> ConvolutionFormula.conv2d(x, weight, null, Geometry.PLAIN))
        .hasMessage(
            "conv2d: kernels [1, 2, 3, 3] are larger than images [1, 2, 2, 2] with padding 0");
    assertThatThrownBy(() -> ConvolutionFormula.conv2d(x, weight, null, new Geometry(1, 1, 1, 2)))
        .hasMessage(
            "conv2d: images [1, 2, 2, 2], kernels [1, 2, 3, 3], groups 2; needed are"
                + " [n, c, h, w], [k, c / groups, kh, kw], and k a multiple of groups");
    assertThatThrownBy(() -> new Geometry(0, 0, 1, 1)).hasMessageContaining("stride 0");
  }
}
