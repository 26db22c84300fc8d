package dev.lockstep.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.device.Device;
import dev.lockstep.device.Devices;
import dev.lockstep.device.LateDevice;
import dev.lockstep.device.TestDevices;
import dev.lockstep.nn.LanguageModelConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A run on a device that is far behind, whose streams overtake each other where they may. */
class TrainerOrderTests {
  private static final LanguageModelConfig MODEL =
      LanguageModelConfig.builder().context(4).embedding(8).width(24).hidden(40).blocks(1).build();

  @TempDir Path folder;

  @Test
  void whatTheHostQueuesEarlyIsComputedInOrder() throws IOException {
    TrainSummary atOnce = run(TestDevices.simulator());
    TrainSummary late = run(new LateDevice(TestDevices.simulator(), 1));
    assertThat(late.losses()).hasSize(6).isEqualTo(atOnce.losses());
    assertThat(late.validationBitsPerByte()).isEqualTo(atOnce.validationBitsPerByte());
    assertThat(late.sample()).isEqualTo(atOnce.sample());
  }

  private TrainSummary run(Device opened) throws IOException {
    Path text = Files.writeString(folder.resolve("text"), "sphinx of black quartz, ".repeat(9));
    TrainConfig config =
        TrainConfig.builder()
            .model(MODEL)
            .batch(8)
            .accumulation(2)
            .steps(6)
            .warmupSteps(2)
            .data(text)
            .out(folder.resolve("out"))
            .overwrite(true)
            .checkpointEvery(0)
            .sampleLength(2)
            .build();
    try (Device device = opened) {
      return new Trainer(config, new Devices.Choice(device, "for a test"), new TrainListener() {})
          .run();
    }
  }
}
