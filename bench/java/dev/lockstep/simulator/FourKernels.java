package dev.lockstep.simulator;

import dev.lockstep.device.DeviceBuffer;
import dev.lockstep.device.Dim3;
import dev.lockstep.device.KernelArgs;
import dev.lockstep.device.Launch;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * The work of {@code bench/kernels/four_kernels.cu}: inputs, launches, and the same computed in
 * plain Java on one thread, which is what the simulator is held to and measured against.
 */
public enum FourKernels implements WatchedKernel {
  /** 2²⁰ elements. */
  GELU("gelu", 1 << 20, 1 << 20) {
    @Override
    public Launch launch() {
      return Launch.of((1 << 20) / THREADS, THREADS);
    }

    @Override
    public void arguments(KernelArgs args, List<DeviceBuffer> inputs, DeviceBuffer result) {
      args.address(inputs.get(0), 0).address(result, 0).int32(1 << 20);
    }

    @Override
    void compute(float[] x, float[] other, int[] targets, float[] result) {
      for (int i = 0; i < result.length; i++) {
        float v = x[i];
        float u = 0.7978845608f * (v + 0.044715f * v * v * v);
        float tanh = 2 / (1 + (float) Math.exp(-2 * u)) - 1;
        result[i] = 0.5f * v * (1 + tanh);
      }
    }
  },

  /** 1024 rows of 1024. */
  LAYERNORM("layernorm", 1 << 20, 1 << 20) {
    @Override
    public Launch launch() {
      return Launch.of(1024, THREADS);
    }

    @Override
    public void arguments(KernelArgs args, List<DeviceBuffer> inputs, DeviceBuffer result) {
      args.address(inputs.get(0), 0)
          .address(inputs.get(1), 0)
          .address(inputs.get(1), 4096)
          .address(result, 0)
          .int32(1024);
    }

    @Override
    void compute(float[] x, float[] other, int[] targets, float[] result) {
      for (int row = 0; row < result.length; row += 1024) {
        float sum = 0;
        for (int i = 0; i < 1024; i++) {
          sum += x[row + i];
        }
        float mean = sum / 1024;
        float squares = 0;
        for (int i = 0; i < 1024; i++) {
          squares += (x[row + i] - mean) * (x[row + i] - mean);
        }
        float rstd = 1 / (float) Math.sqrt(squares / 1024 + 1e-5f);
        for (int i = 0; i < 1024; i++) {
          result[row + i] = (x[row + i] - mean) * rstd * other[i] + other[1024 + i];
        }
      }
    }
  },

  /** 256 × 256 × 256. */
  SGEMM("sgemm", 1 << 16, 1 << 16) {
    @Override
    public Launch launch() {
      return new Launch(new Dim3(16, 16, 1), new Dim3(16, 16, 1), 0);
    }

    @Override
    public void arguments(KernelArgs args, List<DeviceBuffer> inputs, DeviceBuffer result) {
      args.address(inputs.get(0), 0).address(inputs.get(1), 0).address(result, 0).int32(256);
    }

    @Override
    void compute(float[] x, float[] other, int[] targets, float[] result) {
      Arrays.fill(result, 0);
      for (int i = 0; i < 256; i++) {
        for (int k = 0; k < 256; k++) {
          float left = x[256 * i + k];
          for (int j = 0; j < 256; j++) {
            result[256 * i + j] += left * other[256 * k + j];
          }
        }
      }
    }
  },

  /** 256 rows of 4096. */
  CROSS_ENTROPY("cross_entropy", 1 << 20, 256) {
    @Override
    public Launch launch() {
      return Launch.of(256, THREADS);
    }

    @Override
    public void arguments(KernelArgs args, List<DeviceBuffer> inputs, DeviceBuffer result) {
      args.address(inputs.get(0), 0).address(inputs.get(2), 0).address(result, 0).int32(4096);
    }

    @Override
    void compute(float[] x, float[] other, int[] targets, float[] result) {
      for (int row = 0; row < 256; row++) {
        float largest = -1e30f;
        for (int i = 0; i < 4096; i++) {
          largest = Math.max(largest, x[4096 * row + i]);
        }
        float sum = 0;
        for (int i = 0; i < 4096; i++) {
          sum += (float) Math.exp(x[4096 * row + i] - largest);
        }
        result[row] = (float) Math.log(sum) + largest - x[4096 * row + targets[row]];
      }
    }
  };

  /** Floats of the second input: weights and biases, or a matrix. */
  private static final int OTHER = 1 << 16;

  private static final int THREADS = 256;
  private static final long SEED = 7;

  private final String entry;
  private final int inputs;
  private final int results;

  FourKernels(String entry, int inputs, int results) {
    this.entry = entry;
    this.inputs = inputs;
    this.results = results;
  }

  @Override
  public String file() {
    return "four_kernels";
  }

  @Override
  public String entry() {
    return entry;
  }

  @Override
  public List<MemorySegment> inputs() {
    return List.of(
        MemorySegment.ofArray(x()),
        MemorySegment.ofArray(other()),
        MemorySegment.ofArray(targets()));
  }

  @Override
  public long resultBytes() {
    return 4L * results;
  }

  /** The same in plain Java. */
  abstract void compute(float[] x, float[] other, int[] targets, float[] result);

  float[] x() {
    return normal(inputs, new Random(SEED));
  }

  float[] other() {
    return normal(OTHER, new Random(SEED + 1));
  }

  int[] targets() {
    return new Random(SEED + 2).ints(256, 0, 4096).toArray();
  }

  @Override
  public void check(MemorySegment result) {
    float[] expected = new float[results];
    compute(x(), other(), targets(), expected);
    for (int i = 0; i < results; i++) {
      float found = result.getAtIndex(ValueLayout.JAVA_FLOAT, i);
      if (!(Math.abs(found - expected[i]) <= 1e-3f * (1 + Math.abs(expected[i])))) {
        throw new IllegalStateException(
            this + "[" + i + "] is " + found + ", plain Java says " + expected[i]);
      }
    }
  }

  private static float[] normal(int count, Random random) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }
}
