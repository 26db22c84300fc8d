package dev.lockstep.profile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.cuda.standin.OnStandIn;
import dev.lockstep.cuda.standin.StandInDriver;
import dev.lockstep.device.Device;
import dev.lockstep.device.Devices;
import dev.lockstep.nn.LanguageModelConfig;
import dev.lockstep.profile.StepAccount.Kind;
import dev.lockstep.train.TrainConfig;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is measured on a device with graphs, as the command line measures it. */
@OnStandIn
class BenchesOnCudaTests {
  private static final int STEPS = 4;

  @TempDir private Path folder;

  /** Breaks when watching a run turns its graph off: the run would be another than users train. */
  @Test
  void anUndisturbedStepIsOneLaunch() {
    try (Device device = StandInDriver.open()) {
      StepBench.Result result =
          StepBench.measure(
              config("undisturbed").build(),
              config("waiting").graph(false).build(),
              STEPS,
              new Devices.Choice(device, "for a test"));
      StepAccount.Part launches = result.parts().getFirst();
      assertThat(launches.kind()).isEqualTo(Kind.LAUNCHES);
      assertThat(launches.calls()).isEqualTo(STEPS);
      assertThat(result.kernels()).extracting(StepProfile.Row::name).contains("adamw_step");
    }
  }

  @Test
  void aGraphOfLaunchesIsTimed() {
    try (Device device = StandInDriver.open()) {
      assertThat(LaunchBench.measure(device).replayed())
          .hasValueSatisfying(seconds -> assertThat(seconds).isPositive().isLessThan(1e-2));
    }
  }

  private TrainConfig.Builder config(String name) {
    return TrainConfig.builder()
        .model(LanguageModelConfig.builder().width(16).hidden(32).blocks(1).build())
        .batch(4)
        .steps(2 * STEPS + 1)
        .warmupSteps(1)
        .logEvery(STEPS)
        .checkpointEvery(0)
        .out(folder.resolve(name));
  }
}
