package dev.lockstep.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.profile.bench.ResultFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
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

  /** Two of them; each writes a file that can be compared. */
  @Test
  void allRunOneAfterAnotherAndWriteWhatCanBeCompared() {
    Run run = all("--only", "rows,launch");
    assertThat(run.code()).as(run.out() + run.err()).isZero();
    assertThat(run.out())
        .containsSubsequence("== bench launch --device sim", "== bench rows --device sim")
        .contains("0 missed")
        .doesNotContain("== bench step", "== bench matmul", "== bench simulator");
    assertThat(ResultFile.read(folder.resolve("launch.json")))
        .containsKey("a launch: queuedSeconds");
    assertThat(ResultFile.read(folder.resolve("rows.json")))
        .containsKey("silu forward bf16 1024x1024: sectors");
    assertThat(folder).isDirectoryNotContaining(file -> file.endsWith("step.json"));
  }

  @Test
  @Tag("long")
  void everyBenchmarkRunsQuickly() {
    Run run = all();
    assertThat(run.code()).as(run.out() + run.err()).isZero();
    for (String kind : List.of("launch", "step", "matmul", "rows", "simulator")) {
      assertThat(ResultFile.read(folder.resolve(kind + ".json"))).as(kind).isNotEmpty();
    }
  }

  private Run all(String... options) {
    List<String> words =
        new ArrayList<>(List.of("bench", "all", "--device", "sim", "--quick", "--out"));
    words.add(folder.toString());
    words.addAll(List.of(options));
    return Run.lockstep(words.toArray(String[]::new));
  }

  @Test
  void onlyThoseThereAre() {
    assertThat(all("--only", "launch,lunch").err())
        .contains("--only lunch is no benchmark; there are launch, step, matmul, rows, simulator");
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void aWrongDeviceIsSaidOnce() {
    Run run = Run.lockstep("bench", "all", "--device", "abacus", "--out", folder.toString());
    assertThat(run.code()).isEqualTo(Lockstep.USAGE);
    assertThat(run.errLines()).singleElement().asString().contains("abacus");
    assertThat(run.out()).isEmpty();
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void oneThatIsRefusedDoesNotKeepTheOthersFromRunning() throws IOException {
    Files.createDirectory(folder.resolve("matmul.json"));
    Run run = all("--only", "matmul,rows");
    assertThat(run.code()).isEqualTo(Lockstep.USAGE);
    assertThat(run.errLines()).singleElement().asString().contains("matmul.json is a directory");
    assertThat(run.out()).contains("0 missed", "not measured, as said above: matmul");
    assertThat(folder.resolve("rows.json")).isRegularFile();
  }
}
