package dev.lockstep.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lockstep.device.Device;
import dev.lockstep.device.Stream;
import dev.lockstep.numeric.CounterRandom;
import dev.lockstep.numeric.DType;
import dev.lockstep.ops.Activation;
import dev.lockstep.ops.BadIndexException;
import dev.lockstep.ops.KernelLibrary;
import dev.lockstep.reference.ActivationFormula;
import dev.lockstep.reference.CrossEntropyFormula;
import dev.lockstep.reference.EmbeddingFormula;
import dev.lockstep.reference.NetworkFormula;
import dev.lockstep.reference.Tape;
import dev.lockstep.reference.Variable;
import dev.lockstep.tensor.Shape;
import dev.lockstep.tensor.Tensor;
import dev.lockstep.tensor.TensorArena;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
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

  private final List<AutoCloseable> open = new ArrayList<>();
  private Device device;
  private KernelLibrary library;
  private Stream stream;
  private OpSet ops;

  abstract Device open();

  @BeforeEach
  void openAll() {
    device = opened(open());
    library = opened(new KernelLibrary(device));
    stream = opened(device.newStream());
    ops = OpSet.of(library);
  }

  @AfterEach
  void closeAll() throws Exception {
    for (AutoCloseable each : open.reversed()) {
      each.close();
    }
  }

  /** Nothing is open where the device was refused and the test skipped. */
  private <T extends AutoCloseable> T opened(T resource) {
    open.add(resource);
    return resource;
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
    try (Parameters parameters = parameters(SMALL, DType.F32);
        LanguageModel model = new LanguageModel(SMALL, ops, parameters, ROWS, true, stream)) {
      fill(model, 1);
      train(model, 1f);
      float[] once = parameters.gradients().toFloats(stream);
      parameters.clearGradients(stream);
      train(model, 0.5f);
      train(model, 0.5f);
      float[] twice = parameters.gradients().toFloats(stream);
      NetworkTolerance tolerance = new NetworkTolerance(DType.F32, 1, 2);
      tolerance.check("gradients", widen(twice), widen(once));
    }
  }

  @Test
  void inferenceComputesTheSameBitsAndHasNoBackward() {
    try (Parameters parameters = parameters(SMALL, DType.BF16);
        LanguageModel training = new LanguageModel(SMALL, ops, parameters, ROWS, true, stream);
        LanguageModel inference = new LanguageModel(SMALL, ops, parameters, ROWS, false, stream)) {
      fill(training, 1);
      fill(inference, 1);
      training.forward(stream);
      inference.forward(stream);
      float[] logits = inference.logits().toFloats(stream);
      assertThat(logits).isEqualTo(training.logits().toFloats(stream));
      assertThat(loss(inference)).isEqualTo(loss(training));
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
    try (Parameters parameters = parameters(config, dtype);
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
      fill(keeping, 1);
      fill(recomputing, 1);
      double loss = train(keeping, 1f);
      float[] gradients = parameters.gradients().toFloats(stream);
      parameters.clearGradients(stream);
      assertThat(train(recomputing, 1f)).isEqualTo(loss);
      assertThat(parameters.gradients().toFloats(stream)).isEqualTo(gradients);
    }
  }

  @Test
  void rowsDoNotDependOnTheirBatch() {
    try (Parameters parameters = parameters(SMALL, DType.BF16);
        LanguageModel whole = new LanguageModel(SMALL, ops, parameters, ROWS, false, stream);
        LanguageModel one = new LanguageModel(SMALL, ops, parameters, 1, false, stream)) {
      fill(whole, 1);
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
    try (Parameters parameters = parameters(SMALL, dtype);
        LanguageModel whole = new LanguageModel(SMALL, ops, parameters, ROWS, true, stream);
        LanguageModel cut = chunked(parameters, true)) {
      fill(whole, 1);
      fill(cut, 1);
      double loss = train(whole, 1f);
      Map<String, float[]> want = new LinkedHashMap<>();
      for (Parameter parameter : parameters.list()) {
        want.put(parameter.name(), parameter.gradient().toFloats(stream));
      }
      parameters.clearGradients(stream);
      assertThat(train(cut, 1f)).isEqualTo(loss);
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
    try (Parameters parameters = parameters(SMALL, DType.BF16);
        LanguageModel whole = new LanguageModel(SMALL, ops, parameters, ROWS, false, stream);
        LanguageModel cut = chunked(parameters, false)) {
      fill(whole, 1);
      fill(cut, 1);
      whole.forward(stream);
      cut.forward(stream);
      assertThat(loss(cut)).isEqualTo(loss(whole));
    }
  }

  @Test
  void aBadTargetOfALaterChunkIsReported() {
    try (Parameters parameters = parameters(SMALL, DType.F32);
        LanguageModel model = chunked(parameters, true)) {
      fill(model, 1);
      int[] targets = model.targets().toInts(stream);
      targets[9] = 19;
      model.targets().copyFrom(stream, targets);
      train(model, 1f);
      assertThatThrownBy(() -> model.checkIndices(stream))
          .isInstanceOf(BadIndexException.class)
          .hasMessageEndingWith("the index in row 9 is 19; allowed are 0 to 18");
    }
  }

  @Test
  void aHeadWithoutMemoryForARowIsRefused() {
    try (Parameters parameters = parameters(SMALL, DType.F32)) {
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
    try (Parameters parameters = parameters(SMALL, DType.F32);
        LanguageModel model = new LanguageModel(SMALL, ops, parameters, ROWS, true, stream)) {
      fill(model, 1);
      train(model, 1f);
      model.checkIndices(stream);
      int[] ids = model.ids().toInts(stream);
      ids[4] = 19;
      model.ids().copyFrom(stream, ids);
      train(model, 1f);
      assertThatThrownBy(() -> model.checkIndices(stream))
          .isInstanceOf(BadIndexException.class)
          .hasMessage("embedding_backward_f32: the index in row 4 is 19; allowed are 0 to 18");
    }
  }

  private void compare(LanguageModelConfig config, DType dtype) {
    try (Parameters parameters = parameters(config, dtype);
        LanguageModel model = new LanguageModel(config, ops, parameters, ROWS, true, stream)) {
      fill(model, 1);
      double loss = train(model, 1f);
      Map<String, Variable> expected = new LinkedHashMap<>();
      Tape tape = new Tape();
      for (Parameter parameter : parameters.list()) {
        long[] extents = parameter.compute().shape().extents();
        int[] shape = Arrays.stream(extents).mapToInt(Math::toIntExact).toArray();
        double[] values = parameter.compute().toDoubles(stream);
        expected.put(parameter.name(), tape.variable(values, shape));
      }
      Variable expectedLoss =
          reference(config, expected, model.ids().toInts(stream), model.targets().toInts(stream));
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

  private static Variable reference(
      LanguageModelConfig config, Map<String, Variable> parameters, int[] ids, int[] targets) {
    Variable embedding = Objects.requireNonNull(parameters.get("emb.weight"));
    Variable contexts = EmbeddingFormula.concatenated(embedding, ids, config.context());
    Variable x = NetworkFormula.named(parameters, "in", contexts);
    NetworkFormula network =
        new NetworkFormula(
            config.blocks(),
            true,
            config.norm() == NormKind.LAYERNORM,
            config.feedForward().gated(),
            formula(config.feedForward().activation()),
            config.normEpsilon());
    Variable head =
        config.tiedHead() ? embedding : Objects.requireNonNull(parameters.get("head.weight"));
    Variable logits = network.apply(parameters, x, head, parameters.get("head.bias")).logits();
    return CrossEntropyFormula.mean().loss(logits, targets).loss();
  }

  private static ActivationFormula formula(Activation activation) {
    return ActivationFormula.named(activation.label());
  }

  private Parameters parameters(LanguageModelConfig config, DType dtype) {
    Parameters parameters = new Parameters(library, ModelParameters.specs(config), dtype);
    parameters.initialize(stream, 42);
    // Zero biases and unit norm weights would hide what multiplies or adds them.
    Map<String, float[]> values = parameters.read(stream);
    CounterRandom random = CounterRandom.of(43);
    for (Parameter parameter : parameters.list()) {
      if (parameter.spec().kind() == ParameterSpec.Kind.VECTOR) {
        float[] own = Objects.requireNonNull(values.get(parameter.name()));
        CounterRandom ofParameter = random.child(parameter.name());
        for (int i = 0; i < own.length; i++) {
          own[i] += (float) (0.3 * ofParameter.gaussian(i));
        }
      }
    }
    parameters.load(stream, values);
    parameters.clearGradients(stream);
    return parameters;
  }

  /** Random ids and targets; row 2 counts for nothing. */
  private void fill(LanguageModel model, long seed) {
    CounterRandom random = CounterRandom.of(seed);
    int vocabulary = model.config().vocabulary();
    int[] ids = new int[(int) model.ids().count()];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = (int) random.child("ids").below(vocabulary, i);
    }
    int[] targets = new int[model.rows()];
    for (int i = 0; i < targets.length; i++) {
      targets[i] = i == 2 ? -100 : (int) random.child("targets").below(vocabulary, i);
    }
    model.ids().copyFrom(stream, ids);
    model.targets().copyFrom(stream, targets);
  }

  /** A forward and a backward pass; the mean loss. */
  private double train(LanguageModel model, float upstream) {
    try (TensorArena arena = new TensorArena()) {
      Tensor weight = arena.tensor(DType.F32, Shape.of(1));
      Tensor loss = arena.tensor(DType.F32, Shape.of(1));
      arena.allocate(device);
      ops.fill().fill(stream, weight, upstream);
      model.forward(stream);
      model.loss(stream, weight);
      model.meanLoss(stream, loss);
      model.backward(stream);
      return loss.toDoubles(stream)[0];
    }
  }

  /** The mean loss alone, after a forward pass. */
  private double loss(LanguageModel model) {
    try (TensorArena arena = new TensorArena()) {
      Tensor weight = arena.tensor(DType.F32, Shape.of(1));
      Tensor mean = arena.tensor(DType.F32, Shape.of(1));
      Tensor sum = arena.tensor(DType.F32, Shape.of(1));
      arena.allocate(device);
      ops.fill().fill(stream, weight, 1);
      model.loss(stream, weight);
      model.meanLoss(stream, mean);
      model.summedLoss(stream, sum);
      double loss = mean.toDoubles(stream)[0];
      // One row of them is ignored.
      assertThat(sum.toDoubles(stream)[0] / (ROWS - 1)).isCloseTo(loss, within(1e-6));
      return loss;
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
