package dev.lockstep.optim;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.device.RecordingDevice;
import dev.lockstep.device.Stream;
import dev.lockstep.nn.Initializer;
import dev.lockstep.nn.ParameterSpec;
import dev.lockstep.nn.ParameterSpec.Kind;
import dev.lockstep.nn.Parameters;
import dev.lockstep.numeric.DType;
import dev.lockstep.ops.KernelLibrary;
import dev.lockstep.ops.StepState;
import dev.lockstep.tensor.Shape;
import dev.lockstep.tensor.Tensor;
import dev.lockstep.tensor.TensorArena;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * A whole step of mixed precision (unscaling, norm, search for what is not finite, clipping,
 * optimiser, new loss scale) is six launches for any number of parameters, and nothing in it waits
 * for the device or copies anything to the host.
 */
class StepWithoutWaitingTests {
  private static final int PARAMETERS = 300;

  private final List<AutoCloseable> open = new ArrayList<>();
  private final RecordingDevice device = opened(new RecordingDevice());
  private final KernelLibrary library = opened(new KernelLibrary(device));
  private final Stream stream = opened(device.newStream());
  private final StepState state = new StepState(library, words());
  private final Parameters parameters = opened(new Parameters(library, specs(), DType.F16));

  private Tensor words() {
    TensorArena arena = opened(new TensorArena());
    Tensor words = arena.tensor(StepState.DTYPE, StepState.SHAPE);
    arena.allocate(device);
    return words;
  }

  private static List<ParameterSpec> specs() {
    Initializer normal = new Initializer.Normal(1);
    return IntStream.range(0, PARAMETERS)
        .mapToObj(i -> new ParameterSpec("p" + i, Shape.of(1 + 7 * i), Kind.MATRIX, normal))
        .toList();
  }

  private <T extends AutoCloseable> T opened(T resource) {
    open.add(resource);
    return resource;
  }

  @AfterEach
  void closeAll() throws Exception {
    for (AutoCloseable each : open.reversed()) {
      each.close();
    }
  }

  @Test
  void adamWIsSixLaunchesAndNoWait() {
    AdamW optimizer =
        opened(
            new AdamW(
                library,
                parameters,
                new AdamW.Config(0.9, 0.999, 1e-8, 0.1, WeightDecayScope.ALL),
                stream));
    assertSixLaunches("adamw_step", () -> optimizer.step(stream, state));
  }

  @Test
  void momentumIsSixLaunchesAndNoWait() {
    Sgd optimizer =
        opened(
            new Sgd(
                library,
                parameters,
                new Sgd.Config(0.9, 0, true, 0.1, WeightDecayScope.ALL),
                stream));
    assertSixLaunches("sgd_momentum_step", () -> optimizer.step(stream, state));
  }

  private void assertSixLaunches(String kernel, Runnable optimizerStep) {
    GradientClipper clipper = opened(new GradientClipper(library, parameters, 1, stream));
    LossScaler scaler = new LossScaler(library, LossScaler.Config.defaults());
    state.reset(stream);
    scaler.start(stream, state);
    device.launches().clear();
    long waits = device.waits();

    state.setLearningRate(stream, 0.01f);
    clipper.measure(stream, state);
    optimizerStep.run();
    scaler.update(stream, state);

    assertThat(device.waits()).isEqualTo(waits);
    assertThat(device.launches())
        .extracting(RecordingDevice.Launched::kernel)
        .containsExactly(
            "fill_f32",
            "global_norm_partial",
            "global_norm_finish",
            "optimizer_prepare",
            kernel,
            "loss_scale_update");
  }

  /** The witness itself: it counts what it is there to count. */
  @Test
  void readingTheStateWaits() {
    long waits = device.waits();
    state.read(stream);
    assertThat(device.waits()).isGreaterThan(waits);
  }
}
