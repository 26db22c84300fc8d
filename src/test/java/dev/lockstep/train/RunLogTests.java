package dev.lockstep.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.device.ThreadAllocation;
import dev.lockstep.train.health.HealthRule;
import dev.lockstep.train.health.HealthWarning;
import dev.lockstep.train.health.ParameterHealth;
import dev.lockstep.train.health.StepHealth;
import dev.lockstep.train.health.TensorHealth;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RunLogTests {
  private static final String CONFIG = "{\"config\":{\"steps\":\"4\",\"seed\":\"1\"}}\n";

  private static final StepHealth LOOKED =
      new StepHealth(
          2,
          256,
          0.5,
          List.of(
              new TensorHealth(
                  "blocks.0.hidden", 9, 1, -0.5, 2, OptionalDouble.of(0.5), OptionalDouble.of(0))),
          List.of(
              new ParameterHealth(
                  "emb.weight",
                  TensorHealth.of("emb.weight", 4, 4, Double.NaN, Double.POSITIVE_INFINITY),
                  TensorHealth.of("emb.weight", 4, 0, 1e-30, 1e30),
                  OptionalDouble.empty()),
              new ParameterHealth(
                  "in.weight",
                  TensorHealth.of("in.weight", 4, 0, 0.5, 1),
                  TensorHealth.of("in.weight", 4, 0, 0.5, 1),
                  OptionalDouble.of(0.001))),
          List.of("logits"),
          List.of(new HealthWarning(HealthRule.DEAD, "blocks.0", "block 0: \"dead\"")));

  @TempDir private Path folder;

  /** There is a line for every step: what numbers are as text, and hardly more. */
  @Test
  void aStepLeavesLittleOnTheHeap() {
    try (MetricsLog log = MetricsLog.open(folder.resolve("log.jsonl"), false)) {
      log.config(TrainConfig.builder().out(folder).build());
      StepMetrics step = new StepMetrics(17, 1.2345678, 0.56789, 3e-3, 123.456, false, 0, null, 1);
      assertThat(ThreadAllocation.leastPerCall(() -> log.step(step), 500)).isLessThan(640);
    }
  }

  /**
   * As a full disk or a kill leaves it: whole lines stay, and what follows is on lines of its own.
   */
  @ParameterizedTest
  @CsvSource({"'', 0", "'{\"step\":2,\"lo', 1", "'{\"step\":1,\"loss\":5}', 1"})
  void goesOnBehindTheLastWholeLine(String torn, int kept) throws IOException {
    Path file = folder.resolve("log.jsonl");
    String before = kept == 0 ? "" : CONFIG;
    Files.writeString(file, before + torn);
    try (MetricsLog log = MetricsLog.open(file, true)) {
      log.config(TrainConfig.builder().out(folder).build());
      log.step(new StepMetrics(2, 1.5, 4, 1e-4, 1000, false, 0, null, 1));
    }
    assertThat(Files.readAllLines(file)).hasSize(kept + 2);
    assertThat(Files.readString(file)).startsWith(before + "{\"config\"");
    assertThat(RunLog.read(file).steps()).extracting(StepMetrics::step).containsExactly(2);
  }

  @Test
  void readsWhatTheLogWrote() {
    TrainConfig config = TrainConfig.builder().out(folder).precision(Precision.FP16).build();
    StepMetrics first = new StepMetrics(1, 5.5, 4, 1e-4, 1000, false, 0, null, 1);
    StepMetrics skipped =
        new StepMetrics(
            2, Double.NaN, Double.POSITIVE_INFINITY, 2e-4, 1e3, true, 1, "block 1 down", 0.5);
    Path file = folder.resolve("log.jsonl");
    try (MetricsLog log = MetricsLog.open(file, false)) {
      log.config(config);
      log.step(first);
      log.step(skipped);
      log.health(LOOKED);
      log.validation(2, new Validation.Text(3));
      log.validation(new Validation.Text(2.5));
    }
    // In this order in every JVM, unlike the entries of Map.of.
    assertThat(file).content().contains("{\"place\":\"blocks.0\",\"rule\":\"dead\",\"text\":");
    RunLog read = RunLog.read(folder);
    assertThat(read)
        .isEqualTo(
            new RunLog(
                file,
                config.describe(),
                List.of(first, skipped),
                List.of(LOOKED),
                new TreeMap<>(Map.of(2, new Validation.Text(3))),
                new Validation.Text(2.5)));
    assertThat(read.name()).isEqualTo(folder.getFileName().toString());
  }

  @Test
  void countsStepsDoneTwiceAsTheyWereDoneLast() throws IOException {
    RunLog log = read(CONFIG, step(1, 5), step(2, 4), step(3, 3), CONFIG, step(2, 4.5));
    assertThat(log.steps()).extracting(StepMetrics::loss).containsExactly(5.0, 4.5, 3.0);
    assertThat(log.validation()).isNull();
    assertThat(log.config()).isEqualTo(Map.of("steps", "4", "seed", "1"));
  }

  @Test
  void leavesOutALineThatIsBeingWritten() throws IOException {
    assertThat(read(CONFIG, step(1, 5), "{\"step\":2,\"lo").steps()).hasSize(1);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        // What stands after the configuration and a first step | what is said of it.
        "{\"step\":2,\"lo | is damaged: line 3 is not JSON",
        "{\"step\":2} | is damaged: line 3 has no \"loss\"",
        "{\"step\":2,\"loss\":\"much\"} | is damaged: line 3 has no number as \"loss\"",
        "{\"health\":{}} | is damaged: line 3 has no \"activations\"",
      })
  void refusesADamagedLine(String line, String message) {
    assertThatThrownBy(() -> read(CONFIG, step(1, 5), line + "\n", step(3, 3)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith(folder.resolve("log.jsonl") + " " + message)
        .hasMessageNotContaining("\n");
  }

  @Test
  void refusesWhatIsNoLog() throws IOException {
    Path file = folder.resolve("log.jsonl");
    assertThatThrownBy(() -> RunLog.read(folder))
        .hasMessage("%s holds no run: there is no log.jsonl in it", folder);
    assertThatThrownBy(() -> RunLog.read(file)).hasMessage("there is no %s", file);
    assertThatThrownBy(() -> read("")).hasMessage("%s holds no line of a run yet", file);
    assertThatThrownBy(() -> read("{\"cases\":[]}\n"))
        .hasMessage("%s is no log of a run: its first line has no \"config\"", file);
    Files.write(file, new byte[] {(byte) 0xff, (byte) 0xfe, '\n'});
    assertThatThrownBy(() -> RunLog.read(file))
        .hasMessage("%s is no log of a run: it is not text", file);
  }

  private RunLog read(String... lines) throws IOException {
    return RunLog.read(Files.writeString(folder.resolve("log.jsonl"), String.join("", lines)));
  }

  private static String step(int step, double loss) {
    return ("{\"step\":%d,\"loss\":%s,\"gradientNorm\":1.0,\"learningRate\":0.001,"
            + "\"tokensPerSecond\":100.0,\"skipped\":false}\n")
        .formatted(step, loss);
  }
}
