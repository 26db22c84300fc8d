package dev.lockstep.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.device.Device;
import dev.lockstep.device.Devices;
import dev.lockstep.device.TestDevices;
import dev.lockstep.nn.LanguageModelConfig;
import dev.lockstep.optim.LearningRateSchedule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A run in a process of its own that is killed without notice. */
class KilledRunTests {
  private static final LanguageModelConfig MODEL =
      LanguageModelConfig.builder()
          .context(2)
          .embedding(4)
          .width(8)
          .hidden(8)
          .blocks(1)
          .dropout(0.1)
          .build();

  private static final int STEPS = 100_000;

  @TempDir Path folder;

  /** Trains until someone ends it; a checkpoint after each step, so that a kill meets one often. */
  static final class Child {
    private Child() {}

    public static void main(String[] arguments) {
      train(config(Path.of(arguments[0]), STEPS));
    }
  }

  private static TrainConfig.Builder config(Path folder, int steps) {
    return TrainConfig.builder()
        .model(MODEL)
        .precision(Precision.FP16)
        .batch(4)
        .warmupSteps(0)
        .schedule(LearningRateSchedule.Decay.CONSTANT)
        .steps(steps)
        .data(folder.resolve("text"))
        .out(folder.resolve("out"))
        .overwrite(true)
        .logEvery(1)
        .checkpointEvery(1)
        .sampleLength(0);
  }

  private static TrainSummary train(TrainConfig.Builder config) {
    try (Device device = TestDevices.simulator()) {
      return new Trainer(
              config.build(), new Devices.Choice(device, "for a test"), new TrainListener() {})
          .run();
    }
  }

  @Test
  @Tag("sweep")
  void losesOnlyTheStepsSinceItsLastCheckpoint() throws IOException, InterruptedException {
    Files.writeString(folder.resolve("text"), "What is done is done. ".repeat(20));
    Path file = folder.resolve("out").resolve("checkpoint.safetensors");
    Process child =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "--add-modules=jdk.incubator.vector",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                Child.class.getName(),
                folder.toString())
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("child.log").toFile())
            .start();
    try {
      long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(120);
      while (!Files.exists(Checkpoint.previous(file)) && System.nanoTime() < deadline) {
        assertThat(child.isAlive()).as(Files.readString(folder.resolve("child.log"))).isTrue();
        Thread.sleep(5);
      }
      Thread.sleep(137); // somewhere between two checkpoints, or in the middle of one
    } finally {
      child.destroyForcibly().waitFor();
    }
    int step = Checkpoint.read(file, MODEL).step();
    assertThat(Checkpoint.read(Checkpoint.previous(file), MODEL).step()).isBetween(step - 1, step);
    List<Double> whole = lossesUpTo(step + 2);
    TrainSummary rest = train(config(folder, step + 2).resume(file));
    assertThat(rest.losses()).isEqualTo(whole.subList(step, step + 2));
  }

  /** Of a run nobody kills. */
  private List<Double> lossesUpTo(int steps) {
    return train(config(folder, steps).out(folder.resolve("whole")).checkpointEvery(0).logEvery(50))
        .losses();
  }
}
