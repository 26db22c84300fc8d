package dev.lockstep.reference;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Two-dimensional convolution as networks mean it, a cross-correlation, and the textbook's formulas
 * for its gradients, which are convolutions as well (Dumoulin and Visin 2016, <a
 * href="https://arxiv.org/abs/1603.07285">1603.07285</a>, sections 2 to 4). Images are {@code [n,
 * channels, height, width]}, kernels {@code [outputs, channels / groups, height, width]}.
 */
public final class ConvolutionFormula {
  private ConvolutionFormula() {}

  /**
   * The same in both directions.
   *
   * @param stride from one output to the next
   * @param padding zeros on each side
   * @param dilation from one tap to the next
   * @param groups of channels that do not see each other
   */
  public record Geometry(int stride, int padding, int dilation, int groups) {
    /** Stride and dilation 1, no padding, one group. */
    public static final Geometry PLAIN = new Geometry(1, 0, 1, 1);

    /** Checks the numbers. */
    public Geometry {
      if (stride < 1 || padding < 0 || dilation < 1 || groups < 1) {
        throw new IllegalArgumentException(
            "stride %d, dilation %d and groups %d must be at least 1, padding %d at least 0"
                .formatted(stride, dilation, groups, padding));
      }
    }
  }

  /**
   * {@code y[n,o,i,j] = bias[o] + Σ x[n,c, s i + d u − p, s j + d v − p] weight[o,c,u,v]}.
   *
   * @throws IllegalArgumentException for shapes that do not fit each other or the groups
   */
  public static Variable conv2d(
      Variable x, Variable weight, @Nullable Variable bias, Geometry geometry) {
    Convolution products = products(x.shape(), weight.shape(), geometry);
    int[] shape = {
      products.batch(), products.outputs(), products.outputHeight(), products.outputWidth()
    };
    Variable y =
        x.tape()
            .record(
                products.apply(x.values(), weight.values()),
                shape,
                products.jacobian(x.values(), weight.values()),
                x,
                weight);
    return bias == null ? y : Primitives.add(y, Views.acrossChannels(bias, y));
  }

  private static Convolution products(int[] x, int[] weight, Geometry geometry) {
    boolean fits =
        x.length == 4
            && weight.length == 4
            && x[1] == weight[1] * geometry.groups()
            && weight[0] % geometry.groups() == 0;
    if (!fits) {
      throw new IllegalArgumentException(
          ("conv2d: images %s, kernels %s, groups %d; needed are [n, c, h, w],"
                  + " [k, c / groups, kh, kw], and k a multiple of groups")
              .formatted(Arrays.toString(x), Arrays.toString(weight), geometry.groups()));
    }
    Convolution products =
        new Convolution(x[0], x[1], x[2], x[3], weight[0], weight[2], weight[3], geometry);
    if (products.outputHeight() < 1 || products.outputWidth() < 1) {
      throw new IllegalArgumentException(
          "conv2d: kernels %s are larger than images %s with padding %d"
              .formatted(Arrays.toString(weight), Arrays.toString(x), geometry.padding()));
    }
    return products;
  }

  /** Every kernel turned by 180°: {@code w[o, c, kh − 1 − u, kw − 1 − v]}. */
  public static double[] flipped(double[] weight, int[] shape) {
    int size = shape[2] * shape[3];
    double[] flipped = new double[weight.length];
    for (int i = 0; i < weight.length; i++) {
      flipped[i] = weight[i / size * size + size - 1 - i % size];
    }
    return flipped;
  }

  /**
   * xᵍ by the textbook: the upstream gradient spread by the stride, correlated in full with the
   * flipped kernels, their inputs and outputs exchanged.
   *
   * @param upstream yᵍ
   * @param weightShape of {@code weight}
   * @param xShape of x
   */
  public static double[] inputGradient(
      double[] upstream, double[] weight, int[] weightShape, int[] xShape, Geometry geometry) {
    Convolution forward = products(xShape, weightShape, geometry);
    int groups = geometry.groups();
    int outputs = weightShape[0];
    int border = geometry.dilation() * (weightShape[2] - 1);
    int borderX = geometry.dilation() * (weightShape[3] - 1);
    int height = xShape[2] + border;
    int width = xShape[3] + borderX;
    double[] spread =
        spread(upstream, forward, height, width, border - geometry.padding(), borderX);
    double[] exchanged = exchanged(flipped(weight, weightShape), weightShape, groups);
    Convolution full =
        new Convolution(
            xShape[0],
            outputs,
            height,
            width,
            xShape[1],
            weightShape[2],
            weightShape[3],
            new Geometry(1, 0, geometry.dilation(), groups));
    return full.apply(spread, exchanged);
  }

  /** Output (i, j) goes to (first + s i, …); what falls outside met nothing but padding. */
  private static double[] spread(
      double[] upstream, Convolution forward, int height, int width, int first, int borderX) {
    Geometry geometry = forward.geometry();
    int planes = forward.batch() * forward.outputs();
    double[] spread = new double[planes * height * width];
    int from = 0;
    for (int plane = 0; plane < planes; plane++) {
      for (int i = 0; i < forward.outputHeight(); i++) {
        for (int j = 0; j < forward.outputWidth(); j++, from++) {
          int row = first + geometry.stride() * i;
          int column = borderX - geometry.padding() + geometry.stride() * j;
          if (row >= 0 && row < height && column >= 0 && column < width) {
            spread[(plane * height + row) * width + column] = upstream[from];
          }
        }
      }
    }
    return spread;
  }

  /** From {@code [groups · o, c, …]} to {@code [groups · c, o, …]}. */
  private static double[] exchanged(double[] weight, int[] shape, int groups) {
    int outputs = shape[0] / groups;
    int channels = shape[1];
    int size = shape[2] * shape[3];
    double[] exchanged = new double[weight.length];
    for (int group = 0; group < groups; group++) {
      for (int o = 0; o < outputs; o++) {
        for (int c = 0; c < channels; c++) {
          int from = ((group * outputs + o) * channels + c) * size;
          int to = ((group * channels + c) * outputs + o) * size;
          System.arraycopy(weight, from, exchanged, to, size);
        }
      }
    }
    return exchanged;
  }

  /**
   * wᵍ by the textbook, for one group: x correlated with the upstream gradient, nothing flipped.
   * The batch takes the place of channels, and stride and dilation change places.
   *
   * @param upstream yᵍ
   * @param weightShape of w
   */
  public static double[] weightGradient(
      double[] upstream, double[] x, int[] xShape, int[] weightShape, Geometry geometry) {
    Convolution forward = products(xShape, weightShape, geometry);
    if (geometry.groups() != 1) {
      throw new IllegalArgumentException("groups " + geometry.groups() + " must be 1");
    }
    int outputs = weightShape[0];
    int[] upstreamShape = {xShape[0], outputs, forward.outputHeight(), forward.outputWidth()};
    Convolution turned =
        new Convolution(
            xShape[1],
            xShape[0],
            xShape[2],
            xShape[3],
            outputs,
            forward.outputHeight(),
            forward.outputWidth(),
            new Geometry(geometry.dilation(), geometry.padding(), geometry.stride(), 1));
    double[] all = turned.apply(exchanged(x, xShape, 1), exchanged(upstream, upstreamShape, 1));
    return corner(all, turned, weightShape);
  }

  /** {@code [c, o, u, v]} to {@code [o, c, u, v]}, without the u and v past the kernel. */
  private static double[] corner(double[] all, Convolution turned, int[] shape) {
    double[] weight = new double[shape[0] * shape[1] * shape[2] * shape[3]];
    int to = 0;
    for (int o = 0; o < shape[0]; o++) {
      for (int c = 0; c < shape[1]; c++) {
        for (int u = 0; u < shape[2]; u++) {
          int row = ((c * shape[0] + o) * turned.outputHeight() + u) * turned.outputWidth();
          System.arraycopy(all, row, weight, to, shape[3]);
          to += shape[3];
        }
      }
    }
    return weight;
  }
}
