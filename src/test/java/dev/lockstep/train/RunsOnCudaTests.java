package dev.lockstep.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.lockstep.cuda.standin.CallLog;
import dev.lockstep.cuda.standin.OnStandIn;
import dev.lockstep.cuda.standin.StandInDriver;
import dev.lockstep.device.Device;
import dev.lockstep.device.DeviceException;
import dev.lockstep.device.Devices;
import dev.lockstep.device.TestDevices;
import dev.lockstep.nn.LanguageModelConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Training through the driver: what the simulator gives, and an end with notice where it fails. */
@OnStandIn
class RunsOnCudaTests {
  private static final LanguageModelConfig MODEL =
      LanguageModelConfig.builder().context(4).embedding(8).width(24).hidden(40).blocks(1).build();

  private static final int DEVICE_LOST = 719;

  @TempDir Path folder;

  private final CallLog calls = StandInDriver.get().calls();
  private TrainConfig.Builder config = TrainConfig.builder();

  @BeforeEach
  void text() throws IOException {
    calls.reset(); // other classes call the same driver
    Path text =
        Files.writeString(folder.resolve("text"), "pack my box with five dozen jugs. ".repeat(9));
    config =
        TrainConfig.builder()
            .model(MODEL)
            .batch(8)
            .steps(5)
            .warmupSteps(1)
            .learningRate(1e-2)
            .data(text)
            .out(folder.resolve("out"))
            .overwrite(true)
            .checkpointEvery(1)
            .sampleLength(2);
  }

  @AfterEach
  void forgetInterference() {
    calls.reset();
  }

  private TrainSummary run(Device opened) {
    return run(config, opened);
  }

  private static TrainSummary run(TrainConfig.Builder config, Device opened) {
    return run(config, opened, new TrainListener() {});
  }

  private static TrainSummary run(
      TrainConfig.Builder config, Device opened, TrainListener listener) {
    try (Device device = opened) {
      return new Trainer(config.build(), new Devices.Choice(device, "for a test"), listener).run();
    }
  }

  @ParameterizedTest
  @EnumSource
  void fiveStepsGiveTheBitsTheyGiveOnTheSimulator(Precision precision) {
    config.precision(precision);
    TrainSummary simulated = run(TestDevices.simulator());
    TrainSummary driven = run(StandInDriver.open());
    assertThat(driven.losses()).hasSize(5).isEqualTo(simulated.losses());
    assertThat(driven.validationBitsPerByte()).isEqualTo(simulated.validationBitsPerByte());
    assertThat(driven.sample()).isEqualTo(simulated.sample());
  }

  /** Learning rate, batches and step number change from step to step, and the graph does not. */
  @Test
  void aGraphOfAStepGivesTheBitsOfItsParts() {
    config.accumulation(2).warmupSteps(3).steps(7);
    TrainSummary graph = run(StandInDriver.open());
    long launches = calls.count("cuGraphLaunch");
    calls.reset();
    TrainSummary parts = run(config.graph(false), StandInDriver.open());
    assertThat(launches).isEqualTo(6);
    assertThat(calls.count("cuGraphLaunch")).isZero();
    assertThat(calls.count("cuStreamBeginCapture_v2")).isZero();
    assertThat(graph.losses()).hasSize(7).isEqualTo(parts.losses());
    assertThat(graph.validationBitsPerByte()).isEqualTo(parts.validationBitsPerByte());
    assertThat(graph.sample()).isEqualTo(parts.sample());
  }

  /** Beside the launch: what brings the next batch to the device, on a stream of its own. */
  @Test
  void aStepIsOneCallOfTheDriver() {
    List<List<String>> steps = new ArrayList<>(List.of(new ArrayList<>()));
    calls.interfere(
        (export, nth) -> {
          if (!export.equals("cuCtxSetCurrent")) {
            steps.getLast().add(export);
          }
          return 0;
        });
    TrainListener listener =
        new TrainListener() {
          @Override
          public void stepQueued(int step) {
            steps.add(new ArrayList<>());
          }
        };
    run(config.steps(9).logEvery(9).checkpointEvery(0), StandInDriver.open(), listener);
    assertThat(steps).hasSize(10);
    for (List<String> step : steps.subList(3, 9)) {
      assertThat(step)
          .containsExactly(
              "cuStreamWaitEvent",
              "cuMemcpyHtoDAsync_v2",
              "cuEventRecord",
              "cuStreamWaitEvent",
              "cuGraphLaunch",
              "cuEventRecord");
    }
  }

  @Test
  @Tag("sweep")
  void aDeviceLostAtAnyPointEndsTrainingWithNotice() {
    long all = callsOfARun();
    for (long at = 1; at <= all; at += Math.max(1, all / 40)) {
      lose(at);
    }
  }

  private long callsOfARun() {
    calls.reset();
    run(StandInDriver.open());
    return calls.total();
  }

  /** From that call on every call but the release of the context answers as a lost device does. */
  private void lose(long from) {
    calls.reset();
    AtomicLong answered = new AtomicLong();
    calls.interfere(
        (export, nth) -> {
          boolean words = export.startsWith("cuGetError");
          boolean release = export.startsWith("cuDevicePrimaryCtxRelease");
          if (nth < from || words || release) {
            return 0;
          }
          answered.incrementAndGet();
          return DEVICE_LOST;
        });
    Path checkpoint = folder.resolve("out").resolve("checkpoint.safetensors");
    Throwable thrown = catchThrowable(() -> run(StandInDriver.open()));
    calls.reset();
    DeviceException failure =
        (DeviceException) (thrown instanceof TrainingFailedException e ? e.getCause() : thrown);
    if (failure == null) {
      assertThat(answered.get()).as("call %d was not answered", from).isZero();
      return;
    }
    assertThat(failure.code()).as("lost at call %d", from).isEqualTo(DEVICE_LOST);
    assertThat(failure)
        .hasMessageContaining(failure.call() + " failed with 719: CUDA_ERROR_LAUNCH_FAILED")
        .hasMessageNotContaining("\n");
    if (Files.exists(checkpoint)) {
      assertThat(Checkpoint.read(checkpoint, MODEL).step()).isBetween(1, 5);
    }
  }
}
