package dev.lockstep.profile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.lockstep.device.Device;
import dev.lockstep.device.DeviceOptions;
import dev.lockstep.device.Devices;
import dev.lockstep.nn.LanguageModelConfig;
import dev.lockstep.profile.StepAccount.Kind;
import dev.lockstep.train.TrainConfig;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StepBenchTests {
  private static final int STEPS = 3;

  @TempDir private Path folder;

  @Test
  void accountsForAllOfAStep() {
    Devices.Choice choice = Devices.open("sim", DeviceOptions.defaults());
    try (Device _ = choice.device()) {
      StepBench.Result result =
          StepBench.measure(config("undisturbed"), config("waiting"), STEPS, choice);
      assertThat(result.parts()).extracting(StepAccount.Part::kind).containsExactly(Kind.values());
      assertThat(result.parts()).allSatisfy(part -> assertThat(part.seconds()).isNotNegative());
      assertThat(result.parts().stream().mapToDouble(result::secondsPerStep).sum())
          .isCloseTo(result.secondsPerStep(), within(1e-9));
      // One step more or less would not divide.
      long launches =
          result.kernels().stream()
              .filter(StepBenchTests::isKernel)
              .mapToLong(StepProfile.Row::count)
              .sum();
      assertThat(launches).isPositive();
      assertThat(launches % STEPS).isZero();
      assertThat(result.parts().getFirst().calls()).isEqualTo(launches);
    }
  }

  private static boolean isKernel(StepProfile.Row row) {
    return !row.name().startsWith("(");
  }

  private TrainConfig config(String name) {
    return TrainConfig.builder()
        .model(LanguageModelConfig.defaults().toBuilder().width(16).hidden(32).blocks(1).build())
        .batch(4)
        .steps(2 * STEPS + 1)
        .warmupSteps(1)
        .logEvery(STEPS)
        .checkpointEvery(0)
        .out(folder.resolve(name))
        .build();
  }
}
