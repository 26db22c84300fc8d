package dev.lockstep.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.device.Device;
import dev.lockstep.device.Stream;
import dev.lockstep.device.TestDevices;
import dev.lockstep.nn.LanguageModel;
import dev.lockstep.nn.LanguageModelConfig;
import dev.lockstep.nn.ModelParameters;
import dev.lockstep.nn.NetworkTolerance;
import dev.lockstep.nn.OpSet;
import dev.lockstep.nn.Parameters;
import dev.lockstep.numeric.CounterRandom;
import dev.lockstep.ops.KernelLibrary;
import dev.lockstep.ops.StepState;
import dev.lockstep.tensor.TensorArena;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What fp16 loses of the gradients of a step of many rows, and what scaling the loss keeps. */
class LossScalingTests {
  private static final LanguageModelConfig MODEL =
      LanguageModelConfig.builder().context(2).embedding(8).width(16).hidden(24).blocks(2).build();

  private static final int ROWS = 16;
  private static final int PASSES = 1 << 20;
  private static final String WEIGHT = "emb.weight";

  /**
   * A pass is a millionth of a step of 2²⁴ rows, so that the gradients of most logits are far below
   * 2⁻²⁴, the least that fp16 has, and those of the targets that.
   */
  @Test
  void scalingTheLossKeepsGradientsThatFp16Loses() {
    float[] exact = gradient(Precision.FP32, LossScalingMode.NONE);
    float[] lost = gradient(Precision.FP16, LossScalingMode.NONE);
    float[] kept = gradient(Precision.FP16, LossScalingMode.AUTO);
    assertThat(vanished(kept, exact)).isZero();
    assertThat(vanished(lost, exact)).isGreaterThan(0.5);
    assertThat(distance(kept, exact))
        .isLessThan(NetworkTolerance.averaged(Precision.FP16.dtype(), MODEL.blocks()));
    assertThat(distance(lost, exact)).isGreaterThan(0.5);
  }

  /** Of one pass, as the optimizer takes it: without the scale. */
  private static float[] gradient(Precision precision, LossScalingMode scaling) {
    TrainConfig config =
        TrainConfig.builder()
            .model(MODEL)
            .precision(precision)
            .lossScaling(scaling)
            .batch(ROWS)
            .accumulation(PASSES)
            .logEvery(1)
            .build();
    TensorArena arena = new TensorArena();
    try (Device device = TestDevices.simulator();
        KernelLibrary library = new KernelLibrary(device);
        Stream stream = device.newStream();
        Parameters parameters =
            new Parameters(library, ModelParameters.specs(MODEL), precision.dtype());
        LanguageModel model =
            new LanguageModel(MODEL, OpSet.of(library), parameters, ROWS, true, stream);
        arena) {
      StepState state = new StepState(library, arena.tensor(StepState.DTYPE, StepState.SHAPE));
      arena.allocate(device);
      state.reset(stream);
      parameters.initialize(stream, 1);
      parameters.clearGradients(stream);
      model.ids().copyFrom(stream, random(MODEL.context(), 1));
      model.targets().copyFrom(stream, random(1, 2));
      try (LossWeight weight = new LossWeight(config, OpSet.of(library), state, stream)) {
        weight.prepare(stream);
        model.forward(stream);
        model.loss(stream, weight.upstream());
        model.backward(stream);
        stream.synchronize();
      }
      Map<String, float[]> gradients = parameters.read(stream, parameters.gradients());
      float[] own = Objects.requireNonNull(gradients.get(WEIGHT));
      float scale = state.read(stream).lossScale();
      for (int i = 0; i < own.length; i++) {
        own[i] /= scale;
      }
      return own;
    }
  }

  private static int[] random(int perRow, long seed) {
    CounterRandom random = CounterRandom.of(seed);
    return IntStream.range(0, ROWS * perRow).map(i -> (int) random.below(256, i)).toArray();
  }

  /** The share of what is not 0 that has become 0. */
  private static double vanished(float[] got, float[] exact) {
    int vanished = 0;
    int all = 0;
    for (int i = 0; i < got.length; i++) {
      all += exact[i] != 0 ? 1 : 0;
      vanished += exact[i] != 0 && got[i] == 0 ? 1 : 0;
    }
    return (double) vanished / all;
  }

  /** Root mean square of the difference, as a share of that of what is exact. */
  private static double distance(float[] got, float[] exact) {
    double off = 0;
    double size = 0;
    for (int i = 0; i < got.length; i++) {
      off = Math.hypot(off, got[i] - exact[i]);
      size = Math.hypot(size, exact[i]);
    }
    return off / size;
  }
}
