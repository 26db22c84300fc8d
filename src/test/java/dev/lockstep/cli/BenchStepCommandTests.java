package dev.lockstep.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class BenchStepCommandTests {
  @TempDir private Path folder;

  @Test
  void saysWhereTheTimeGoes() throws IOException {
    Path json = folder.resolve("step.json");
    Run run =
        Run.lockstep(
            "bench",
            "step",
            "--device",
            "sim",
            "--steps",
            "2",
            "--batch",
            "4",
            "--json",
            json.toString());
    assertThat(run.code()).as(run.err()).isZero();
    assertThat(run.out())
        .contains(
            "ms of wall time, over 2 steps", "  launches  ", "  java  ", "rmsnorm_forward_bf16");
    JsonNode root = JsonMapper.shared().readTree(Files.readString(json));
    assertThat(root.get("secondsPerStep").asDouble()).isPositive();
    assertThat(root.get("java").get("heapBytes").isNumber()).isTrue();
    assertThat(root.get("kernels").isEmpty()).isFalse();
  }

  @Test
  void refusesNoSteps() {
    assertThat(Run.lockstep("bench", "step", "--steps", "0").err())
        .contains("--steps 0 must be at least 1");
  }

  @Test
  void launchesWriteWhatTheyCost() throws IOException {
    Path json = folder.resolve("launch.json");
    Run run = Run.lockstep("bench", "launch", "--device", "sim", "--json", json.toString());
    assertThat(run.code()).as(run.err()).isZero();
    assertThat(run.out()).contains("us a launch", "graph    this device has none");
    assertThat(JsonMapper.shared().readTree(Files.readString(json)).get("queuedSeconds").asDouble())
        .isPositive();
  }

  @Test
  void allEndWhereTheFirstIsGivenAWrongDevice() {
    Run run = Run.lockstep("bench", "all", "--device", "abacus", "--out", folder.toString());
    assertThat(run.code()).isEqualTo(Lockstep.USAGE);
    assertThat(run.errLines()).singleElement().asString().contains("abacus");
    assertThat(run.out()).contains("== bench launch --device abacus").doesNotContain("bench step");
    assertThat(folder).isEmptyDirectory();
  }
}
