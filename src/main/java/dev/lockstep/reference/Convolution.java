package dev.lockstep.reference;

/**
 * The products of a two-dimensional cross-correlation {@code y[n,o,i,j] = Σ x[n,c,s i + d u − p, s
 * j + d v − p] w[o,c,u,v]}, c running over the channels of o's group and places outside x being 0.
 *
 * @param batch n
 * @param channels of x
 * @param height of x
 * @param width of x
 * @param outputs how many output channels
 * @param kernelHeight how many u
 * @param kernelWidth how many v
 */
record Convolution(
    int batch,
    int channels,
    int height,
    int width,
    int outputs,
    int kernelHeight,
    int kernelWidth,
    ConvolutionFormula.Geometry geometry) {
  /** Receives a product: {@code y[out] += x[in] w[tap]}, as places in row-major arrays. */
  @FunctionalInterface
  interface Visitor {
    void product(int out, int in, int tap);
  }

  int outputHeight() {
    return extent(height, kernelHeight);
  }

  int outputWidth() {
    return extent(width, kernelWidth);
  }

  private int extent(int input, int kernel) {
    int span = geometry.dilation() * (kernel - 1) + 1;
    int free = input + 2 * geometry.padding() - span;
    return free < 0 ? 0 : free / geometry.stride() + 1;
  }

  private int groupChannels() {
    return channels / geometry.groups();
  }

  /** Every product, by rising output and then by rising tap. */
  void forEach(Visitor visitor) {
    int outputsPerGroup = outputs / geometry.groups();
    int out = 0;
    for (int n = 0; n < batch; n++) {
      for (int o = 0; o < outputs; o++) {
        int firstChannel = n * channels + o / outputsPerGroup * groupChannels();
        for (int i = 0; i < outputHeight(); i++) {
          for (int j = 0; j < outputWidth(); j++) {
            taps(visitor, out++, firstChannel, o * groupChannels(), i, j);
          }
        }
      }
    }
  }

  private void taps(Visitor visitor, int out, int firstChannel, int firstKernel, int i, int j) {
    for (int c = 0; c < groupChannels(); c++) {
      for (int u = 0; u < kernelHeight; u++) {
        int row = place(i, u);
        for (int v = 0; v < kernelWidth; v++) {
          int column = place(j, v);
          if (row >= 0 && row < height && column >= 0 && column < width) {
            visitor.product(
                out,
                ((firstChannel + c) * height + row) * width + column,
                ((firstKernel + c) * kernelHeight + u) * kernelWidth + v);
          }
        }
      }
    }
  }

  private int place(int output, int tap) {
    return geometry.stride() * output + geometry.dilation() * tap - geometry.padding();
  }

  /** y. */
  double[] apply(double[] x, double[] w) {
    double[] y = new double[batch * outputs * outputHeight() * outputWidth()];
    forEach((out, in, tap) -> y[out] += x[in] * w[tap]);
    return y;
  }

  /** With respect to x and w. */
  Jacobian jacobian(double[] x, double[] w) {
    long[] products = new long[1];
    forEach((out, in, tap) -> products[0]++);
    return new Jacobian() {
      @Override
      public void forEach(Jacobian.Visitor visitor) {
        Convolution.this.forEach(
            (out, in, tap) -> {
              visitor.entry(out, 0, in, w[tap]);
              visitor.entry(out, 1, tap, x[in]);
            });
      }

      @Override
      public Reads reads() {
        return Reads.EACH_OTHER;
      }

      @Override
      public long multiplies() {
        return products[0];
      }
    };
  }
}
