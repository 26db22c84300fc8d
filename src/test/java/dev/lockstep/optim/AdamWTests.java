package dev.lockstep.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lockstep.device.Device;
import dev.lockstep.device.Stream;
import dev.lockstep.nn.Initializer;
import dev.lockstep.nn.Parameter;
import dev.lockstep.nn.ParameterSpec;
import dev.lockstep.nn.ParameterSpec.Kind;
import dev.lockstep.nn.Parameters;
import dev.lockstep.numeric.CounterRandom;
import dev.lockstep.numeric.DType;
import dev.lockstep.ops.KernelLibrary;
import dev.lockstep.ops.StepState;
import dev.lockstep.reference.AdamFormula;
import dev.lockstep.reference.ClipFormula;
import dev.lockstep.tensor.Shape;
import dev.lockstep.tensor.Tensor;
import dev.lockstep.tensor.TensorArena;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Clipping and AdamW over the parameters of a model. One subclass for each device. */
abstract class AdamWTests {
  private static final Initializer NORMAL = new Initializer.Normal(1);
  private static final List<ParameterSpec> SPECS =
      List.of(
          new ParameterSpec("table", Shape.of(9, 5), Kind.EMBEDDING, NORMAL),
          new ParameterSpec("first", Shape.of(31, 7), Kind.MATRIX, NORMAL),
          new ParameterSpec("bias", Shape.of(31), Kind.VECTOR, NORMAL),
          new ParameterSpec("second", Shape.of(3, 31), Kind.MATRIX, NORMAL));
  private static final double LEARNING_RATE = 0.05;
  private static final double DECAY = 0.2;

  /** A few fp32 operations a step on weights of size 1, over four steps. */
  private static final double FP32 = 4 * 16 * 0x1p-24;

  private final List<AutoCloseable> open = new ArrayList<>();
  private KernelLibrary library;
  private Stream stream;
  private StepState state;

  abstract Device open();

  @BeforeEach
  void openAll() {
    Device device = opened(open());
    library = opened(new KernelLibrary(device));
    stream = opened(device.newStream());
    TensorArena arena = opened(new TensorArena());
    Tensor storage = arena.tensor(StepState.DTYPE, StepState.SHAPE);
    arena.allocate(device);
    state = new StepState(library, storage);
    state.reset(stream);
    state.setLearningRate(stream, (float) LEARNING_RATE);
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
  @EnumSource
  void followsTheFormulaWithDecayOnlyWhereItBelongs(WeightDecayScope scope) {
    try (Parameters parameters = parameters(DType.BF16);
        GradientClipper clipper = new GradientClipper(library, parameters, 1, stream);
        AdamW optimizer = new AdamW(library, parameters, config(scope), stream)) {
      AdamFormula formula = AdamFormula.adamW((float) 0.9, (float) 0.99, (float) 1e-6);
      Map<String, AdamFormula.State> states = new HashMap<>();
      Map<String, double[]> expected = widen(parameters.read(stream));
      for (int t = 0; t < 4; t++) {
        Map<String, double[]> gradients = setGradients(parameters, t);
        double norm = ClipFormula.norm(new ArrayList<>(gradients.values()));
        double factor = ClipFormula.factor(norm, 1);
        clipper.measure(stream, state);
        optimizer.step(stream, state);
        assertThat((double) state.read(stream).norm()).isCloseTo(norm, within(1e-5 * norm));
        for (ParameterSpec spec : SPECS) {
          double[] gradient = get(gradients, spec.name()).clone();
          for (int i = 0; i < gradient.length; i++) {
            gradient[i] *= factor;
          }
          boolean decays =
              switch (scope) {
                case MATRICES -> spec.kind() == Kind.MATRIX;
                case WEIGHTS -> spec.kind() == Kind.MATRIX || spec.kind() == Kind.EMBEDDING;
                case ALL -> true;
              };
          formula.step(
              get(expected, spec.name()),
              gradient,
              states.computeIfAbsent(spec.name(), name -> new AdamFormula.State(gradient.length)),
              (float) LEARNING_RATE,
              decays ? (float) DECAY : 0);
        }
      }
      Map<String, double[]> got = widen(parameters.read(stream));
      for (Parameter parameter : parameters.list()) {
        double[] want = get(expected, parameter.name());
        double[] have = get(got, parameter.name());
        double[] copy = parameter.compute().toDoubles(stream);
        for (int i = 0; i < want.length; i++) {
          assertThat(have[i])
              .as("%s[%d]", parameter.name(), i)
              .isCloseTo(want[i], within(FP32 * (1 + Math.abs(want[i]))));
          assertThat(copy[i]).isEqualTo(DType.BF16.round(have[i]));
        }
      }
      assertThat(state.read(stream).step()).isEqualTo(4);
    }
  }

  @Test
  void aGradientThatIsNotFiniteChangesNothingAndIsNamed() {
    try (Parameters parameters = parameters(DType.F32);
        GradientClipper clipper = new GradientClipper(library, parameters, 1, stream);
        AdamW optimizer = new AdamW(library, parameters, config(WeightDecayScope.ALL), stream)) {
      setGradients(parameters, 0);
      clipper.measure(stream, state);
      optimizer.step(stream, state);
      Map<String, float[]> before = parameters.read(stream);
      Map<String, float[]> moments = optimizer.read(stream, "adamw.second");
      float[] bias = parameters.get("bias").gradient().toFloats(stream);
      bias[30] = Float.POSITIVE_INFINITY;
      parameters.get("bias").gradient().copyFrom(stream, bias);
      clipper.measure(stream, state);
      optimizer.step(stream, state);
      StepState.Values values = state.read(stream);
      assertThat(values.step()).isEqualTo(1);
      assertThat(values.skipped()).isEqualTo(1);
      assertThat(parameters.list().get(values.nonFinite() - 1).name()).isEqualTo("bias");
      assertSame(parameters.read(stream), before);
      assertSame(optimizer.read(stream, "adamw.second"), moments);
    }
  }

  @Test
  void momentsCanBeTakenAwayAndBroughtBack() {
    try (Parameters parameters = parameters(DType.F32);
        GradientClipper clipper = new GradientClipper(library, parameters, 0, stream)) {
      Map<String, float[]> weights;
      Map<String, float[]> first;
      Map<String, float[]> second;
      Map<String, float[]> expected;
      AdamW.Config config = config(WeightDecayScope.MATRICES);
      try (AdamW optimizer = new AdamW(library, parameters, config, stream)) {
        step(parameters, clipper, optimizer, 0);
        assertThat(state.read(stream).clipFactor()).isEqualTo(1);
        weights = parameters.read(stream);
        first = optimizer.read(stream, "adamw.first");
        second = optimizer.read(stream, "adamw.second");
        step(parameters, clipper, optimizer, 1);
        expected = parameters.read(stream);
      }
      try (AdamW optimizer = new AdamW(library, parameters, config, stream)) {
        parameters.load(stream, weights);
        optimizer.load(stream, Map.of("adamw.first", first, "adamw.second", second));
        state.setSteps(stream, 1, 0);
        step(parameters, clipper, optimizer, 1);
        assertSame(parameters.read(stream), expected);
      }
    }
  }

  @Test
  void refusesUnknownScopes() {
    assertThat(WeightDecayScope.of("all")).isEqualTo(WeightDecayScope.ALL);
    assertThatThrownBy(() -> WeightDecayScope.of("biases"))
        .hasMessage("unknown weight decay scope \"biases\"; known: matrices, weights, all");
  }

  private void step(Parameters parameters, GradientClipper clipper, AdamW optimizer, int index) {
    setGradients(parameters, index);
    clipper.measure(stream, state);
    optimizer.step(stream, state);
  }

  private static AdamW.Config config(WeightDecayScope scope) {
    return new AdamW.Config(0.9, 0.99, 1e-6, DECAY, scope);
  }

  private Parameters parameters(DType compute) {
    Parameters parameters = new Parameters(library, SPECS, compute);
    parameters.initialize(stream, 1);
    parameters.clearGradients(stream);
    return parameters;
  }

  private Map<String, double[]> setGradients(Parameters parameters, int step) {
    Map<String, double[]> gradients = new HashMap<>();
    CounterRandom random = CounterRandom.of(7).child(step);
    for (Parameter parameter : parameters.list()) {
      CounterRandom own = random.child(parameter.name());
      double[] gradient = new double[(int) parameter.gradient().count()];
      for (int i = 0; i < gradient.length; i++) {
        gradient[i] = (float) own.gaussian(i);
      }
      parameter.gradient().copyFrom(stream, gradient);
      gradients.put(parameter.name(), gradient);
    }
    return gradients;
  }

  private static Map<String, double[]> widen(Map<String, float[]> values) {
    Map<String, double[]> wide = new HashMap<>();
    values.forEach(
        (name, narrow) -> {
          double[] own = new double[narrow.length];
          for (int i = 0; i < own.length; i++) {
            own[i] = narrow[i];
          }
          wide.put(name, own);
        });
    return wide;
  }

  private static double[] get(Map<String, double[]> values, String name) {
    return Objects.requireNonNull(values.get(name));
  }

  private static void assertSame(Map<String, float[]> got, Map<String, float[]> expected) {
    assertThat(got.keySet()).isEqualTo(expected.keySet());
    expected.forEach((name, values) -> assertThat(got.get(name)).as(name).isEqualTo(values));
  }
}
