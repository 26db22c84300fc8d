package dev.lockstep.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.data.SafetensorsWriter;
import dev.lockstep.nn.LanguageModelConfig;
import dev.lockstep.nn.ModelParameters;
import dev.lockstep.nn.ParameterSpec;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckpointTests {
  private static final LanguageModelConfig MODEL =
      LanguageModelConfig.builder().context(2).embedding(3).width(5).hidden(7).blocks(1).build();

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
    assertThat(read.moments().keySet()).isEqualTo(written.moments().keySet());
    written
        .moments()
        .forEach(
            (name, values) -> assertSame(Objects.requireNonNull(read.moments().get(name)), values));
    assertThat(Checkpoint.model(file)).isEqualTo(MODEL);
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
        .hasMessage("checkpoint %s cannot be read: no such file".formatted(missing));
    assertThatThrownBy(() -> Checkpoint.read(folder, MODEL))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "checkpoint %s cannot be read: a folder, not a safetensors file".formatted(folder));
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

  /** Every bit of the file counts: each of many flipped ones is noticed. */
  @Test
  void refusesAnyFlippedBitAndEveryTruncation() throws IOException {
    Path file = folder.resolve("c.safetensors");
    checkpoint(12).write(file, MODEL);
    checkpoint(13).write(file, MODEL);
    byte[] good = Files.readAllBytes(file);
    String previous = "; the one before it, of step 12, is " + Checkpoint.previous(file);
    for (int at = 0; at < good.length; at += 97) {
      byte[] bad = good.clone();
      bad[at] ^= 1;
      Files.write(file, bad);
      assertThatThrownBy(() -> Checkpoint.read(file, MODEL))
          .as("bit flipped in byte %d", at)
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining(file.toString());
      Files.write(file, Arrays.copyOf(good, at));
      assertThatThrownBy(() -> Checkpoint.read(file, MODEL))
          .as("cut to %d bytes", at)
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageEndingWith(previous);
    }
    Files.delete(file);
    assertThatThrownBy(() -> Checkpoint.read(file, MODEL)).hasMessageEndingWith(previous);
  }

  @Test
  void refusesANewerOne() throws IOException {
    Path file = folder.resolve("newer");
    new SafetensorsWriter().metadata("lockstep.format", "3").write(file);
    assertThatThrownBy(() -> Checkpoint.read(file, MODEL))
        .hasMessage(
            "checkpoint %s was written by a newer version of this program (format 3; this one reads"
                    .formatted(file)
                + " up to 2)");
  }

  /** As the version before wrote them: two counters, no checksum, fewer knobs. */
  @Test
  void readsTheFirstFormat() throws IOException {
    Path file = folder.resolve("first");
    SafetensorsWriter writer = new SafetensorsWriter().metadata("lockstep.format", "1");
    writer.metadata("lockstep.step", "5").metadata("lockstep.skipped", "1");
    Set<String> later = Set.of("normPlacement", "initialization", "dropout");
    MODEL
        .describe()
        .forEach(
            (key, value) -> {
              if (!later.contains(key)) {
                writer.metadata("config.model." + key, value);
              }
            });
    for (String prefix : List.of("", "adamw.first.", "adamw.second.")) {
      for (ParameterSpec spec : ModelParameters.specs(MODEL)) {
        List<Long> shape = Arrays.stream(spec.shape().extents()).boxed().toList();
        writer.add(prefix + spec.name(), shape, new float[(int) spec.shape().count()]);
      }
    }
    writer.write(file);
    assertThat(Checkpoint.read(file, MODEL).counters())
        .isEqualTo(new Checkpoint.Counters(5, 1, 0, 0, 0, Double.POSITIVE_INFINITY, 0));
  }

  /** A device that is always full stands in for a disk that is. */
  @Test
  void aFullDiskLeavesTheLastOneAsItWas() throws IOException {
    Path full = Path.of("/dev/full");
    Assumptions.assumeTrue(Files.exists(full), "this system has no /dev/full");
    Path file = folder.resolve("c.safetensors");
    checkpoint(12).write(file, MODEL);
    Files.createSymbolicLink(folder.resolve("c.safetensors.partial"), full);
    assertThatThrownBy(() -> checkpoint(13).write(file, MODEL))
        .isInstanceOf(UncheckedIOException.class)
        .hasMessage(
            "checkpoint "
                + file
                + " cannot be written: No space left on device; the one before it is as it was");
    assertThat(Checkpoint.read(file, MODEL).step()).isEqualTo(12);
    assertThat(folder.toFile().list()).containsExactly("c.safetensors");
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
        new Checkpoint.Counters(step, 2, 1024, 7, 1L << 40, 2.5, 1),
        TrainConfig.builder().model(MODEL).build().describe(),
        values(step),
        Map.of("adamw.first", values(step + 0.25f), "adamw.second", values(step + 0.5f)));
  }

  private static Map<String, float[]> values(float first) {
    Map<String, float[]> values = new LinkedHashMap<>();
    for (ParameterSpec spec : ModelParameters.specs(MODEL)) {
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
