package dev.lockstep.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OutputFolderTests {
  @TempDir Path runs;

  @Test
  void takesTheFirstFolderWithoutARun() throws IOException {
    Path wanted = runs.resolve("train");
    assertThat(OutputFolder.unused(wanted)).isEqualTo(wanted);
    Files.createDirectories(wanted);
    assertThat(OutputFolder.unused(wanted)).isEqualTo(wanted);
    Files.createFile(wanted.resolve("checkpoint.safetensors"));
    assertThat(OutputFolder.unused(wanted)).isEqualTo(runs.resolve("train-2"));
    Files.createDirectories(runs.resolve("train-2"));
    Files.createFile(runs.resolve("train-2").resolve("log.jsonl"));
    assertThat(OutputFolder.unused(wanted)).isEqualTo(runs.resolve("train-3"));
  }
}
