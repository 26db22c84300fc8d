package dev.lockstep.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.device.Device;
import dev.lockstep.device.Stream;
import dev.lockstep.numeric.DType;
import dev.lockstep.ops.GlobalNorm;
import dev.lockstep.ops.KernelLibrary;
import dev.lockstep.ops.ParameterTable;
import dev.lockstep.ops.SgdKernel;
import dev.lockstep.ops.StepState;
import dev.lockstep.ops.TensorTable;
import dev.lockstep.optim.LossScaler.Config;
import dev.lockstep.tensor.Shape;
import dev.lockstep.tensor.Tensor;
import dev.lockstep.tensor.TensorArena;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The loss scale on the device against GradScaler's rules written down plainly. */
abstract class LossScalerTests {
  private static final float WEIGHT = 1;
  private static final float RATE = 0x1p-10f;

  private final TensorArena arena = new TensorArena();
  private Device device;
  private KernelLibrary library;
  private Stream stream;
  private StepState state;
  private Tensor weight;
  private Tensor gradient;
  private TensorTable gradients;
  private Tensor workspace;
  private ParameterTable parameters;

  abstract Device open();

  @BeforeEach
  void prepare() {
    device = open();
    library = new KernelLibrary(device);
    stream = device.newStream();
    Tensor words = arena.tensor(StepState.DTYPE, StepState.SHAPE);
    weight = arena.tensor(DType.F32, Shape.of(1));
    gradient = arena.tensor(DType.F16, Shape.of(1));
    workspace = arena.tensor(DType.F64, Shape.of(1));
    List<ParameterTable.Entry> entries =
        List.of(new ParameterTable.Entry(weight, gradient, null, List.of(), 0));
    Tensor list = arena.tensor(DType.I32, TensorTable.storageShape(List.of(gradient)));
    Tensor table = arena.tensor(DType.I32, ParameterTable.storageShape(entries));
    arena.allocate(device);
    gradients = new TensorTable(stream, list, List.of(gradient));
    parameters = new ParameterTable(stream, table, entries);
    state = new StepState(library, words);
    state.reset(stream);
    state.setLearningRate(stream, RATE);
    weight.copyFrom(stream, new float[] {WEIGHT});
  }

  @AfterEach
  void close() {
    arena.close();
    stream.close();
    library.close();
    device.close();
  }

  /** PyTorch's {@code _amp_update_scale_}, and bounds. */
  private static final class Model {
    private final Config config;
    private float scale;
    private int goodSteps;
    private int skipped;

    Model(Config config) {
      this.config = config;
      scale = (float) config.initial();
    }

    void step(boolean finite) {
      if (!finite) {
        skipped++;
        scale = Math.max((float) config.minimum(), scale * (float) config.backoff());
        goodSteps = 0;
      } else if (++goodSteps == config.interval()) {
        scale = Math.min((float) config.maximum(), scale * (float) config.growth());
        goodSteps = 0;
      }
    }
  }

  /** A gradient of 1 in fp16: what the scale makes of it is infinite beyond 65504. */
  @ParameterizedTest
  @CsvSource({
    // initial, growth, backoff, interval, minimum, maximum, chance of a bad step
    "65536, 2, 0.5, 1, 1, 1e30, 0",
    "1024, 2, 0.5, 3, 1, 65536, 0.2",
    "8, 2, 0.5, 2, 4, 16, 0.4",
    "8, 1.5, 0.75, 2, 0.001, 1e6, 0.6",
    "100, 1, 1, 1, 1, 100, 0.5"
  })
  void followsTheRulesStepByStep(
      double initial,
      double growth,
      double backoff,
      int interval,
      double minimum,
      double maximum,
      double bad) {
    Config config = new Config(initial, growth, backoff, interval, minimum, maximum);
    LossScaler scaler = new LossScaler(library, config);
    GlobalNorm norm = new GlobalNorm(library);
    SgdKernel sgd = new SgdKernel(library);
    scaler.start(stream, state);
    Model model = new Model(config);
    SplittableRandom random = new SplittableRandom(interval);
    for (int step = 0; step < 40; step++) {
      double scaled = DType.F16.round(model.scale);
      gradient.copyFrom(stream, new double[] {random.nextDouble() < bad ? Double.NaN : scaled});
      boolean finite = Double.isFinite(gradient.toDoubles(stream)[0]);
      float before = weight.toFloats(stream)[0];

      norm.compute(stream, state, gradients, workspace, GlobalNorm.Options.measure());
      sgd.step(stream, parameters, new SgdKernel.Settings(0, 0, false), state);
      scaler.update(stream, state);

      model.step(finite);
      StepState.Values got = state.read(stream);
      assertThat(got.lossScale()).as("step %d", step).isEqualTo(model.scale);
      assertThat(got.goodSteps()).isEqualTo(model.goodSteps);
      assertThat(got.skipped()).isEqualTo(model.skipped);
      assertThat(got.step()).isEqualTo(step + 1 - model.skipped);
      float after = weight.toFloats(stream)[0];
      assertThat(after < before).isEqualTo(finite);
      assertThat(after == before).isEqualTo(!finite);
    }
  }

  @Test
  void theScaleIsWhatTheLossIsMultipliedBy() {
    new LossScaler(library, Config.defaults()).start(stream, state);
    assertThat(state.lossScale().toFloats(stream)).containsExactly(65_536);
  }

  @Test
  void refusesRulesThatCannotBe() {
    assertThatThrownBy(() -> new Config(0.5, 2, 0.5, 1, 1, 8))
        .hasMessage("initial loss scale 0.5 must be from 1.0 to 8.0");
    assertThatThrownBy(() -> new Config(1, 0.5, 0.5, 1, 1, 8)).hasMessageContaining("growth 0.5");
    assertThatThrownBy(() -> new Config(1, 2, 2, 1, 1, 8)).hasMessageContaining("backoff 2.0");
    assertThatThrownBy(() -> new Config(1, 2, 0.5, 0, 1, 8)).hasMessageContaining("interval 0");
    assertThatThrownBy(() -> new Config(1, 2, 0.5, 1, 1e-30, 8))
        .hasMessageContaining("minimum 1.0E-30");
  }
}
