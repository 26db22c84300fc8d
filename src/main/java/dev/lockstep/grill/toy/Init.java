package dev.lockstep.grill.toy;

import dev.lockstep.grill.evidence.Draws;
import java.util.Arrays;

/** How the weights of a layer are drawn. */
@FunctionalInterface
public interface Init {
  /** {@code out · in} weights of a layer. */
  double[] draw(Draws draws, int in, int out);

  /** Normal with variance gain² / in. */
  static Init gain(double gain) {
    return (draws, in, out) -> draws.normals(in * out, gain / Math.sqrt(in));
  }

  /** Normal with that standard deviation, whatever the width. */
  static Init normal(double deviation) {
    return (draws, in, out) -> draws.normals(in * out, deviation);
  }

  /** Every weight the same. */
  static Init constant(double value) {
    return (draws, in, out) -> {
      double[] weights = new double[in * out];
      Arrays.fill(weights, value);
      return weights;
    };
  }

  /** Variance 1 / in (LeCun et al. 1998, "Efficient BackProp"). */
  static Init lecun() {
    return gain(1);
  }

  /** Variance 2 / (in + out) (Glorot and Bengio, AISTATS 2010). */
  static Init xavier() {
    return (draws, in, out) -> draws.normals(in * out, Math.sqrt(2.0 / (in + out)));
  }

  /** Variance 2 / in (He et al., ICCV 2015). */
  static Init he() {
    return gain(Math.sqrt(2));
  }

  /** Uniform in ±1/√in, variance 1 / (3 in): what PyTorch gives a linear layer. */
  static Init pytorch() {
    return (draws, in, out) -> {
      double bound = 1 / Math.sqrt(in);
      return draws.uniforms(in * out, -bound, bound);
    };
  }
}
