package dev.lockstep.nn;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.device.RecordingDevice;
import dev.lockstep.device.Stream;
import dev.lockstep.numeric.DType;
import dev.lockstep.ops.BiasGradient;
import dev.lockstep.ops.KernelLibrary;
import dev.lockstep.ops.MatrixEngine;
import dev.lockstep.tensor.Shape;
import dev.lockstep.tensor.Tensor;
import dev.lockstep.tensor.TensorArena;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** What a feed-forward network launches for each pass, and what it keeps between them. */
class FeedForwardLaunchTests {
  private static final int ROWS = 24;
  private static final int WIDTH = 16;
  private static final int HIDDEN = 40;

  /** Launches of a pass, the type left off. */
  private record Launches(List<String> forward, List<String> backward) {
    static long products(List<String> launches) {
      return launches.stream().filter(Launches::isProduct).count();
    }

    static long others(List<String> launches) {
      return launches.size() - products(launches);
    }

    static boolean isSum(String kernel) {
      return kernel.startsWith("linear_backward_weight_sum");
    }

    private static boolean isProduct(String kernel) {
      return kernel.startsWith("swiglu_forward")
          || kernel.startsWith("linear_forward")
          || kernel.startsWith("linear_backward_input")
          || kernel.startsWith("linear_backward_weight") && !isSum(kernel);
    }
  }

  /** A bias's gradient takes one more launch each: of sums that its product leaves, or of dY. */
  @ParameterizedTest
  @CsvSource({
    "SWIGLU, false, TRAINING, 2, 5, 0",
    "SWIGLU, true, TRAINING, 2, 5, 3",
    "SWIGLU, true, RECOMPUTING, 2, 5, 3",
    "GEGLU, true, TRAINING, 2, 5, 3",
    "GELU, false, TRAINING, 2, 4, 0",
    "GELU, true, TRAINING, 2, 4, 2",
    "GELU, true, RECOMPUTING, 2, 5, 2",
    "GELU_TANH, true, TRAINING, 2, 4, 2"
  })
  void aPassIsAFewProducts(
      FeedForwardKind kind,
      boolean bias,
      ModelUse use,
      long forward,
      long backward,
      long backwardOthers) {
    Launches launches = launches(kind, bias, use);
    assertThat(Launches.products(launches.forward())).as("%s", launches).isEqualTo(forward);
    assertThat(Launches.others(launches.forward())).as("%s", launches).isZero();
    assertThat(Launches.products(launches.backward())).as("%s", launches).isEqualTo(backward);
    assertThat(Launches.others(launches.backward())).as("%s", launches).isEqualTo(backwardOthers);
  }

  /** With many rows the gradient of a weight is summed in parts, and one more launch adds them. */
  @ParameterizedTest
  @CsvSource({"SWIGLU, 1023, 0", "SWIGLU, 1024, 3", "GELU, 1023, 0", "GELU, 1024, 2"})
  void manyRowsAreSummedInParts(FeedForwardKind kind, int rows, long sums) {
    Launches launches = launches(kind, false, ModelUse.TRAINING, rows);
    assertThat(launches.backward().stream().filter(Launches::isSum)).hasSize((int) sums);
    assertThat(Launches.others(launches.backward())).isEqualTo(sums);
    assertThat(Launches.products(launches.backward())).isLessThanOrEqualTo(5);
  }

  /** Tensors of rows × hidden width that one network more keeps. */
  @ParameterizedTest
  @CsvSource({
    "SWIGLU, TRAINING, 3",
    "SWIGLU, RECOMPUTING, 2",
    "SWIGLU, INFERENCE, 0",
    "GELU, TRAINING, 2",
    "GELU, RECOMPUTING, 0",
    "GELU, INFERENCE, 0"
  })
  void recomputationKeepsLess(FeedForwardKind kind, ModelUse use, long tensors) {
    long tensor = Tensor.bytes(DType.F32, Shape.of(ROWS, HIDDEN));
    assertThat(tensor % TensorArena.ALIGNMENT).isZero();
    assertThat(bytes(kind, use, 2) - bytes(kind, use, 1)).isEqualTo(tensors * tensor);
  }

  /** The vendor's library sums by itself. */
  @ParameterizedTest
  @EnumSource
  void memoryToSumInIsPlannedForOurOwnKernelsAlone(MatrixEngine engine) {
    boolean own = engine == MatrixEngine.OWN;
    try (RecordingDevice device = new RecordingDevice();
        KernelLibrary library = new KernelLibrary(device);
        Parameters parameters =
            new Parameters(
                library,
                FeedForwardNetwork.specs(config(FeedForwardKind.GELU, true, 1)),
                DType.F32);
        TensorArena arena = new TensorArena()) {
      ActivationPlan plan =
          new ActivationPlan(arena, DType.F32, 1 << 14, ModelUse.TRAINING, engine);
      Linear layer =
          new Linear(OpSet.of(library), parameters, ModelParameters.block(0) + ".fc1", true, plan);
      assertThat(plan.weightParts(WIDTH, HIDDEN) != null).isEqualTo(own);
      BiasGradient bias = Objects.requireNonNull(plan.biasGradient(layer, "bias", WIDTH));
      assertThat(bias.workspace() != null).isEqualTo(own);
      assertThat(arena.bytes() > 0).isEqualTo(own);
    }
  }

  private static LanguageModelConfig config(FeedForwardKind kind, boolean bias, int blocks) {
    return LanguageModelConfig.builder()
        .vocabulary(7)
        .context(1)
        .embedding(WIDTH)
        .width(WIDTH)
        .hidden(HIDDEN)
        .blocks(blocks)
        .feedForward(kind)
        .feedForwardBias(bias)
        .headBias(false)
        .build();
  }

  private static long bytes(FeedForwardKind kind, ModelUse use, int blocks) {
    LanguageModelConfig config = config(kind, false, blocks);
    try (RecordingDevice device = new RecordingDevice();
        KernelLibrary library = new KernelLibrary(device);
        Parameters parameters =
            new Parameters(library, FeedForwardNetwork.specs(config), DType.F32);
        TensorArena arena = new TensorArena()) {
      OpSet ops = OpSet.of(library);
      ActivationPlan plan = new ActivationPlan(arena, DType.F32, ROWS, use);
      for (int i = 0; i < blocks; i++) {
        FeedForward unused =
            FeedForward.of(config.stack(), ops, parameters, ModelParameters.block(i), plan);
        assertThat(unused).isNotNull();
      }
      return arena.bytes();
    }
  }

  private static Launches launches(FeedForwardKind kind, boolean bias, ModelUse use) {
    return launches(kind, bias, use, ROWS);
  }

  private static Launches launches(FeedForwardKind kind, boolean bias, ModelUse use, int rows) {
    LanguageModelConfig config = config(kind, bias, 1);
    try (RecordingDevice device = new RecordingDevice();
        KernelLibrary library = new KernelLibrary(device);
        Stream stream = device.newStream();
        Parameters parameters =
            new Parameters(library, FeedForwardNetwork.specs(config), DType.F32);
        TensorArena arena = new TensorArena()) {
      ActivationPlan plan = new ActivationPlan(arena, DType.F32, rows, use);
      FeedForward network =
          FeedForward.of(
              config.stack(), OpSet.of(library), parameters, ModelParameters.block(0), plan);
      Tensor n = plan.output(WIDTH);
      Tensor y = plan.output(WIDTH);
      Tensor residual = plan.output(WIDTH);
      arena.allocate(device);
      int before = device.launches().size();
      network.forward(stream, y, n, residual);
      int between = device.launches().size();
      network.backward(stream, residual, y, n);
      List<String> all =
          new ArrayList<>(
              device.launches().stream().map(RecordingDevice.Launched::kernel).toList());
      return new Launches(all.subList(before, between), all.subList(between, all.size()));
    }
  }
}
