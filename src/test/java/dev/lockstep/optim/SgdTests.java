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
import dev.lockstep.reference.SgdFormula;
import dev.lockstep.tensor.Shape;
import dev.lockstep.tensor.Tensor;
import dev.lockstep.tensor.TensorArena;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** SGD over the parameters of a model. One subclass for each device. */
abstract class SgdTests {
  private static final Initializer NORMAL = new Initializer.Normal(1);
  private static final List<ParameterSpec> SPECS =
      List.of(
          new ParameterSpec("bias", Shape.of(31), Kind.VECTOR, NORMAL),
          new ParameterSpec("matrix", Shape.of(31, 7), Kind.MATRIX, NORMAL));
  private static final String MOMENTUM = "sgd.momentum";
  private static final double RATE = 0.0625;
  private static final double DECAY = 0.25;
  private static final int STEPS = 3;

  /** A few fp32 operations a step on weights of size 1. */
  private static final double FP32 = STEPS * 16 * 0x1p-24;

  private final TensorArena arena = new TensorArena();
  private Device device;
  private KernelLibrary library;
  private Stream stream;
  private StepState state;
  private Parameters parameters;

  abstract Device open();

  @BeforeEach
  void prepare() {
    device = open();
    library = new KernelLibrary(device);
    stream = device.newStream();
    Tensor words = arena.tensor(StepState.DTYPE, StepState.SHAPE);
    arena.allocate(device);
    state = new StepState(library, words);
    state.reset(stream);
    state.setLearningRate(stream, (float) RATE);
    parameters = new Parameters(library, SPECS, DType.BF16);
    parameters.initialize(stream, 1);
    parameters.clearGradients(stream);
  }

  @AfterEach
  void close() {
    parameters.close();
    arena.close();
    stream.close();
    library.close();
    device.close();
  }

  @ParameterizedTest
  @CsvSource({"0, 0, false", "0.5, 0, false", "0.5, 0.25, false", "0.5, 0, true"})
  void followsTheFormulaWithDecayOnlyWhereItBelongs(
      double momentum, double dampening, boolean nesterov) {
    Sgd.Config config =
        new Sgd.Config(momentum, dampening, nesterov, DECAY, WeightDecayScope.MATRICES);
    SgdFormula formula = new SgdFormula(momentum, dampening, nesterov);
    Map<String, float[]> start = parameters.read(stream);
    try (Sgd optimizer = new Sgd(library, parameters, config, stream)) {
      for (int step = 0; step < STEPS; step++) {
        setGradients(step);
        optimizer.step(stream, state);
      }
      Map<String, float[]> got = parameters.read(stream);
      for (Parameter parameter : parameters.list()) {
        double[] expected = widened(start, parameter.name());
        SgdFormula.State kept = new SgdFormula.State(expected.length);
        double decay = parameter.spec().kind() == Kind.MATRIX ? DECAY : 0;
        for (int step = 0; step < STEPS; step++) {
          formula.step(expected, gradient(parameter, step), kept, RATE, decay);
        }
        assertClose(widened(got, parameter.name()), expected);
        if (momentum > 0) {
          assertClose(widened(optimizer.read(stream, MOMENTUM), parameter.name()), kept.momentum());
        }
      }
    }
  }

  @Test
  void momentumCanBeTakenAwayAndBroughtBack() {
    Sgd.Config config = new Sgd.Config(0.9, 0.5, false, 0, WeightDecayScope.ALL);
    Map<String, float[]> weights;
    Map<String, float[]> momentum;
    Map<String, float[]> expected;
    try (Sgd optimizer = new Sgd(library, parameters, config, stream)) {
      setGradients(0);
      optimizer.step(stream, state);
      weights = parameters.read(stream);
      momentum = optimizer.read(stream, MOMENTUM);
      setGradients(1);
      optimizer.step(stream, state);
      expected = parameters.read(stream);
    }
    try (Sgd optimizer = new Sgd(library, parameters, config, stream)) {
      parameters.load(stream, weights);
      optimizer.load(stream, Map.of(MOMENTUM, momentum));
      state.setSteps(stream, 1, 0);
      optimizer.step(stream, state);
      expected.forEach(
          (name, values) -> assertThat(parameters.read(stream).get(name)).isEqualTo(values));
    }
  }

  @Test
  void withoutMomentumThereIsNoneToRead() {
    Sgd.Config config = new Sgd.Config(0, 0, false, 0, WeightDecayScope.ALL);
    try (Sgd optimizer = new Sgd(library, parameters, config, stream)) {
      assertThatThrownBy(() -> optimizer.read(stream, MOMENTUM))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("no moment \"sgd.momentum\" is kept; there are []");
    }
  }

  private void setGradients(int step) {
    for (Parameter parameter : parameters.list()) {
      parameter.gradient().copyFrom(stream, gradient(parameter, step));
    }
  }

  private static double[] gradient(Parameter parameter, int step) {
    CounterRandom random = CounterRandom.of(7).child(step).child(parameter.name());
    double[] gradient = new double[(int) parameter.gradient().count()];
    for (int i = 0; i < gradient.length; i++) {
      gradient[i] = (float) random.gaussian(i);
    }
    return gradient;
  }

  private static double[] widened(Map<String, float[]> values, String name) {
    float[] narrow = Objects.requireNonNull(values.get(name));
    double[] wide = new double[narrow.length];
    for (int i = 0; i < wide.length; i++) {
      wide[i] = narrow[i];
    }
    return wide;
  }

  private static void assertClose(double[] got, double[] expected) {
    for (int i = 0; i < expected.length; i++) {
      assertThat(got[i]).isCloseTo(expected[i], within(FP32 * (1 + Math.abs(expected[i]))));
    }
  }
}
