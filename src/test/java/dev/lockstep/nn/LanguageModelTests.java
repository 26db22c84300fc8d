package dev.lockstep.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.device.Device;
import dev.lockstep.device.Stream;
import dev.lockstep.numeric.DType;
import dev.lockstep.ops.BadIndexException;
import dev.lockstep.reference.Tape;
import dev.lockstep.reference.Variable;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Loss and every gradient of whole models against the reference. One subclass for each device. */
abstract class LanguageModelTests {
  private static final int ROWS = 11;

  /** Odd sizes everywhere: no extent is a multiple of a vector, a warp or a tile. */
  private static final LanguageModelConfig SMALL =
      LanguageModelConfig.builder()
          .vocabulary(19)
          .context(3)
          .embedding(5)
          .width(21)
          .hidden(35)
          .build();

  private LanguageModelLab lab;
  private OpSet ops;
  private Stream stream;

  abstract Device open();

  @BeforeEach
  void openLab() {
    lab = new LanguageModelLab(open());
    ops = lab.ops;
    stream = lab.stream;
  }

  /** There is none where the device was refused and the test skipped. */
  @AfterEach
  void closeLab() {
    if (lab != null) {
      lab.close();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "RMSNORM, SWIGLU, F32",
    "RMSNORM, SWIGLU, BF16",
    "RMSNORM, SWIGLU, F16",
    "RMSNORM, REGLU, F32",
    "LAYERNORM, GEGLU, F32",
    "LAYERNORM, GELU, F32",
    "LAYERNORM, GELU, BF16",
    "RMSNORM, GELU_TANH, F32",
  })
  void everyGradientAgreesWithTheReference(
      NormKind norm, FeedForwardKind feedForward, DType dtype) {
    LanguageModelConfig config = SMALL.toBuilder().norm(norm).feedForward(feedForward).build();
    compare(config, dtype);
    compare(config.toBuilder().feedForwardBias(true).headBias(false).build(), dtype);
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "BF16"})
  void aTiedHeadGetsTheGradientsOfBothUses(DType dtype) {
    compare(SMALL.toBuilder().embedding(21).tiedHead(true).headBias(false).build(), dtype);
  }

  @Test
  void noBlocksIsALinearModel() {
    compare(SMALL.toBuilder().blocks(0).build(), DType.F32);
  }

  @Test
  void gradientsOfTwoPassesAddUp() {
    try (Parameters parameters = lab.parameters(SMALL, DType.F32);
        LanguageModel model = new LanguageModel(SMALL, ops, parameters, ROWS, true, stream)) {
      lab.fill(model, 1);
      lab.train(model, 1f);
      float[] once = parameters.gradients().toFloats(stream);
      parameters.clearGradients(stream);
      lab.train(model, 0.5f);
      lab.train(model, 0.5f);
      float[] twice = parameters.gradients().toFloats(stream);
      NetworkTolerance tolerance = new NetworkTolerance(DType.F32, 1, 2);
      tolerance.check("gradients", widen(twice), widen(once));
    }
  }

  @Test
  void inferenceComputesTheSameBitsAndHasNoBackward() {
    try (Parameters parameters = lab.parameters(SMALL, DType.BF16);
        LanguageModel training = new LanguageModel(SMALL, ops, parameters, ROWS, true, stream);
        LanguageModel inference = new LanguageModel(SMALL, ops, parameters, ROWS, false, stream)) {
      lab.fill(training, 1);
      lab.fill(inference, 1);
      training.forward(stream);
      inference.forward(stream);
      float[] logits = inference.logits().toFloats(stream);
      assertThat(logits).isEqualTo(training.logits().toFloats(stream));
      assertThat(lab.loss(inference)).isEqualTo(lab.loss(training));
      // Without a gradient the logits stay what they were.
      assertThat(inference.logits().toFloats(stream)).isEqualTo(logits);
      assertThatThrownBy(() -> inference.backward(stream))
          .hasMessage("a model made for inference has no backward pass");
    }
  }

  /** With biases, whose gradients come from the products below which they lie. */
  @ParameterizedTest
  @CsvSource({"SWIGLU, BF16", "GELU, BF16", "GEGLU, F32"})
  void recomputationChangesNoBit(FeedForwardKind kind, DType dtype) {
    LanguageModelConfig config = SMALL.toBuilder().feedForward(kind).feedForwardBias(true).build();
    try (Parameters parameters = lab.parameters(config, dtype);
        LanguageModel keeping =
            new LanguageModel(
                config,
                ops,
                parameters,
                ROWS,
                ModelUse.TRAINING,
                LanguageModel.DEFAULT_HEAD_BYTES,
                stream);
        LanguageModel recomputing =
            new LanguageModel(
                config,
                ops,
                parameters,
                ROWS,
                ModelUse.RECOMPUTING,
                LanguageModel.DEFAULT_HEAD_BYTES,
                stream)) {
      lab.fill(keeping, 1);
      lab.fill(recomputing, 1);
      double loss = lab.train(keeping, 1f);
      float[] gradients = parameters.gradients().toFloats(stream);
      parameters.clearGradients(stream);
      assertThat(lab.train(recomputing, 1f)).isEqualTo(loss);
      assertThat(parameters.gradients().toFloats(stream)).isEqualTo(gradients);
    }
  }

  @Test
  void rowsDoNotDependOnTheirBatch() {
    try (Parameters parameters = lab.parameters(SMALL, DType.BF16);
        LanguageModel whole = new LanguageModel(SMALL, ops, parameters, ROWS, false, stream);
        LanguageModel one = new LanguageModel(SMALL, ops, parameters, 1, false, stream)) {
      lab.fill(whole, 1);
      whole.forward(stream);
      float[] all = whole.logits().toFloats(stream);
      int[] ids = whole.ids().slice(7, 1).toInts(stream);
      one.ids().copyFrom(stream, ids);
      one.forward(stream);
      assertThat(one.logits().toFloats(stream))
          .containsExactly(Arrays.copyOfRange(all, 7 * 19, 8 * 19));
    }
  }

  /** In chunks of 4, 4 and 3 rows: of the head alone sums over rows take another order. */
  @ParameterizedTest
  @EnumSource(names = {"F32", "BF16"})
  void aHeadInChunksGivesTheSameLossAndGradients(DType dtype) {
    try (Parameters parameters = lab.parameters(SMALL, dtype);
        LanguageModel whole = new LanguageModel(SMALL, ops, parameters, ROWS, true, stream);
        LanguageModel cut = chunked(parameters, true)) {
      lab.fill(whole, 1);
      lab.fill(cut, 1);
      double loss = lab.train(whole, 1f);
      Map<String, float[]> want = new LinkedHashMap<>();
      for (Parameter parameter : parameters.list()) {
        want.put(parameter.name(), parameter.gradient().toFloats(stream));
      }
      parameters.clearGradients(stream);
      assertThat(lab.train(cut, 1f)).isEqualTo(loss);
      NetworkTolerance tolerance = new NetworkTolerance(DType.F32, 0, ROWS);
      for (Parameter parameter : parameters.list()) {
        float[] got = parameter.gradient().toFloats(stream);
        float[] expected = Objects.requireNonNull(want.get(parameter.name()));
        if (parameter.name().startsWith(ModelParameters.HEAD)) {
          tolerance.check(parameter.name(), widen(got), widen(expected));
        } else {
          assertThat(got).as(parameter.name()).isEqualTo(expected);
        }
      }
      assertThatThrownBy(cut::logits)
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("logits are computed for 4 of 11 rows at a time, and never kept");
    }
  }

  @Test
  void aHeadInChunksHasTheSameLossWithoutGradients() {
    try (Parameters parameters = lab.parameters(SMALL, DType.BF16);
        LanguageModel whole = new LanguageModel(SMALL, ops, parameters, ROWS, false, stream);
        LanguageModel cut = chunked(parameters, false)) {
      lab.fill(whole, 1);
      lab.fill(cut, 1);
      whole.forward(stream);
      cut.forward(stream);
      assertThat(lab.loss(cut)).isEqualTo(lab.loss(whole));
    }
  }

  @Test
  void aBadTargetOfALaterChunkIsReported() {
    try (Parameters parameters = lab.parameters(SMALL, DType.F32);
        LanguageModel model = chunked(parameters, true)) {
      lab.fill(model, 1);
      int[] targets = model.targets().toInts(stream);
      targets[9] = 19;
      model.targets().copyFrom(stream, targets);
      lab.train(model, 1f);
      assertThatThrownBy(() -> model.checkIndices(stream))
          .isInstanceOf(BadIndexException.class)
          .hasMessageEndingWith("the index in row 9 is 19; allowed are 0 to 18");
    }
  }

  @Test
  void aHeadWithoutMemoryForARowIsRefused() {
    try (Parameters parameters = lab.parameters(SMALL, DType.F32)) {
      assertThatThrownBy(
              () -> new LanguageModel(SMALL, ops, parameters, ROWS, true, 75, stream).close())
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("a memory budget of 75 bytes", "takes 76 bytes");
    }
  }

  private LanguageModel chunked(Parameters parameters, boolean training) {
    int rowBytes = 19 * parameters.list().getFirst().compute().dtype().byteSize();
    return new LanguageModel(SMALL, ops, parameters, ROWS, training, 4 * rowBytes, stream);
  }

  @Test
  void aBadIdIsReported() {
    try (Parameters parameters = lab.parameters(SMALL, DType.F32);
        LanguageModel model = new LanguageModel(SMALL, ops, parameters, ROWS, true, stream)) {
      lab.fill(model, 1);
      lab.train(model, 1f);
      model.checkIndices(stream);
      int[] ids = model.ids().toInts(stream);
      ids[4] = 19;
      model.ids().copyFrom(stream, ids);
      lab.train(model, 1f);
      assertThatThrownBy(() -> model.checkIndices(stream))
          .isInstanceOf(BadIndexException.class)
          .hasMessage("embedding_backward_f32: the index in row 4 is 19; allowed are 0 to 18");
    }
  }

  private void compare(LanguageModelConfig config, DType dtype) {
    try (Parameters parameters = lab.parameters(config, dtype);
        LanguageModel model = new LanguageModel(config, ops, parameters, ROWS, true, stream)) {
      lab.fill(model, 1);
      double loss = lab.train(model, 1f);
      Map<String, Variable> expected = new LinkedHashMap<>();
      Tape tape = new Tape();
      for (Parameter parameter : parameters.list()) {
        long[] extents = parameter.compute().shape().extents();
        int[] shape = Arrays.stream(extents).mapToInt(Math::toIntExact).toArray();
        double[] values = parameter.compute().toDoubles(stream);
        expected.put(parameter.name(), tape.variable(values, shape));
      }
      Variable expectedLoss =
          LanguageModelReference.loss(
              config, expected, model.ids().toInts(stream), model.targets().toInts(stream));
      expectedLoss.seedGradient(1);
      tape.reverse();
      NetworkTolerance tolerance = new NetworkTolerance(dtype, config.blocks(), ROWS * 35L);
      tolerance.check("loss", new double[] {loss}, expectedLoss.values());
      for (Parameter parameter : parameters.list()) {
        tolerance.check(
            config.describe() + " gradient of " + parameter.name(),
            parameter.gradient().toDoubles(stream),
            Objects.requireNonNull(expected.get(parameter.name())).gradient());
      }
    }
  }

  private static double[] widen(float[] values) {
    double[] wide = new double[values.length];
    for (int i = 0; i < wide.length; i++) {
      wide[i] = values[i];
    }
    return wide;
  }
}
