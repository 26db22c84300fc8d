package dev.lockstep.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.data.SafetensorsWriter;
import dev.lockstep.nn.LanguageModelConfig;
import dev.lockstep.nn.LanguageModelParameters;
import dev.lockstep.nn.ParameterSpec;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckpointTests {
  private static final LanguageModelConfig MODEL =
      LanguageModelConfig.defaults().toBuilder()
          .context(2)
          .embedding(3)
          .width(5)
          .hidden(7)
          .blocks(1)
          .build();

  @TempDir Path folder;

  @Test
  void readsWhatItWrote() {
    Path file = folder.resolve("c.safetensors");
    Checkpoint written = checkpoint(12);
    written.write(file, MODEL);
    Checkpoint read = Checkpoint.read(file, MODEL);
    assertThat(read.step()).isEqualTo(12);
    assertThat(read.counters()).isEqualTo(written.counters());
    assertThat(read.knobs()).isEqualTo(written.knobs());
    assertSame(read.weights(), written.weights());
    assertSame(read.firstMoments(), written.firstMoments());
    assertSame(read.secondMoments(), written.secondMoments());
    assertThat(folder).isDirectoryContaining(path -> path.equals(file));
    assertThat(folder.toFile().list()).hasSize(1);
  }

  @Test
  void replacesAnOlderOne() {
    Path file = folder.resolve("c.safetensors");
    checkpoint(12).write(file, MODEL);
    checkpoint(13).write(file, MODEL);
    assertThat(Checkpoint.read(file, MODEL).step()).isEqualTo(13);
  }

  @Test
  void refusesAnotherModel() {
    Path file = folder.resolve("c.safetensors");
    checkpoint(1).write(file, MODEL);
    LanguageModelConfig wider = MODEL.toBuilder().hidden(8).build();
    assertThatThrownBy(() -> Checkpoint.read(file, wider))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "checkpoint %s is of another model: its hidden is 7, here it is 8".formatted(file));
  }

  @Test
  void refusesWhatIsNoCheckpoint() throws IOException {
    Path missing = folder.resolve("missing");
    assertThatThrownBy(() -> Checkpoint.read(missing, MODEL))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("cannot be read");
    Path text = Files.writeString(folder.resolve("text"), "not a checkpoint at all");
    assertThatThrownBy(() -> Checkpoint.read(text, MODEL))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(text.toString());
    Path foreign = folder.resolve("foreign");
    new SafetensorsWriter().add("x", List.of(1L), new float[1]).write(foreign);
    assertThatThrownBy(() -> Checkpoint.read(foreign, MODEL))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("is no checkpoint of this program");
  }

  @Test
  void refusesDamagedOnes() throws IOException {
    Path file = folder.resolve("damaged");
    SafetensorsWriter writer = new SafetensorsWriter().metadata("lockstep.format", "1");
    MODEL.describe().forEach((key, value) -> writer.metadata("config.model." + key, value));
    writer.metadata("lockstep.step", "-3").write(file);
    assertThatThrownBy(() -> Checkpoint.read(file, MODEL))
        .hasMessage("checkpoint " + file + " is damaged: lockstep.step is -3");
    writer.metadata("lockstep.step", "3").metadata("lockstep.skipped", "0").write(file);
    assertThatThrownBy(() -> Checkpoint.read(file, MODEL))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("emb.weight");
    writer.add("emb.weight", List.of(2L), new float[2]).write(file);
    assertThatThrownBy(() -> Checkpoint.read(file, MODEL))
        .hasMessage(
            "checkpoint " + file + " is damaged: emb.weight has shape [2], expected [256, 3]");
  }

  @Test
  void saysWhereItCannotWrite() {
    Path file = folder.resolve("no").resolve("such").resolve("folder");
    assertThatThrownBy(() -> checkpoint(1).write(file, MODEL))
        .isInstanceOf(UncheckedIOException.class)
        .hasMessageStartingWith("checkpoint " + file + " cannot be written: ");
  }

  private static Checkpoint checkpoint(int step) {
    return new Checkpoint(
        new Checkpoint.Counters(step, 2, 1024, 7),
        TrainConfig.builder().model(MODEL).build().describe(),
        values(step),
        values(step + 0.25f),
        values(step + 0.5f));
  }

  private static Map<String, float[]> values(float first) {
    Map<String, float[]> values = new LinkedHashMap<>();
    for (ParameterSpec spec : LanguageModelParameters.specs(MODEL)) {
      float[] own = new float[(int) spec.shape().count()];
      for (int i = 0; i < own.length; i++) {
        own[i] = first + i;
      }
      values.put(spec.name(), own);
    }
    return values;
  }

  private static void assertSame(Map<String, float[]> read, Map<String, float[]> written) {
    assertThat(read.keySet()).isEqualTo(written.keySet());
    written.forEach((name, values) -> assertThat(read.get(name)).as(name).isEqualTo(values));
  }
}
