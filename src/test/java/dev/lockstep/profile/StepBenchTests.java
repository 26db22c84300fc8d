package dev.lockstep.profile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.lockstep.device.Device;
import dev.lockstep.device.DeviceBuffer;
import dev.lockstep.device.DeviceOptions;
import dev.lockstep.device.Devices;
import dev.lockstep.device.Event;
import dev.lockstep.device.ForwardingStream;
import dev.lockstep.device.Stream;
import dev.lockstep.device.ThreadAllocation;
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

  /** Else it would show as the step's. */
  @Test
  void keepingAccountLeavesNothingOnTheHeap() {
    try (Device device = Devices.open("sim", DeviceOptions.defaults()).device();
        DeviceBuffer buffer = device.allocate(64);
        Event event = device.newEvent();
        Stream stream = device.newStream()) {
      StepAccount account = new StepAccount();
      Stream watched = account.watch(new Idle(stream));
      account.begin();
      Runnable calls =
          () -> {
            watched.record(event);
            watched.fill(buffer, 0, 64, (byte) 0);
            watched.copyOnDevice(buffer, 0, buffer, 32, 32);
            watched.synchronize();
          };
      assertThat(ThreadAllocation.leastPerCall(calls, 500)).isZero();
      assertThat(account.parts())
          .filteredOn(part -> part.calls() > 0)
          .extracting(StepAccount.Part::kind)
          .containsExactly(Kind.COPIES, Kind.EVENTS, Kind.WAITING);
    }
  }

  /** Does none of it. */
  private static final class Idle extends ForwardingStream {
    Idle(Stream stream) {
      super(stream);
    }

    @Override
    public void record(Event event) {}

    @Override
    public void fill(DeviceBuffer target, long offset, long bytes, byte value) {}

    @Override
    public void copyOnDevice(
        DeviceBuffer target,
        long targetOffset,
        DeviceBuffer source,
        long sourceOffset,
        long size) {}

    @Override
    public void synchronize() {}
  }

  private static boolean isKernel(StepProfile.Row row) {
    return !row.name().startsWith("(");
  }

  private TrainConfig config(String name) {
    return TrainConfig.builder()
        .model(LanguageModelConfig.builder().width(16).hidden(32).blocks(1).build())
        .batch(4)
        .steps(2 * STEPS + 1)
        .warmupSteps(1)
        .logEvery(STEPS)
        .checkpointEvery(0)
        .out(folder.resolve(name))
        .build();
  }
}
