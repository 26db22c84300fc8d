package dev.lockstep.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class BenchCommandTests {
  @TempDir private Path folder;

  @Test
  void countsAndWritesBothReports() throws IOException {
    Path json = folder.resolve("rows.json");
    Path table = folder.resolve("rows.md");
    Run run =
        run(
            "--kernel relu --kernel glu_silu --rows 8 --cols 64,128 --json %s --markdown %s"
                .formatted(json, table));
    assertThat(run.code()).as(run.out() + run.err()).isZero();
    assertThat(run.out())
        .contains(
            "device   sim", "ratio", "glu_silu", "10 measured, 10 of them with a limit, 0 missed");

    JsonNode report = JsonMapper.shared().readTree(Files.readAllBytes(json));
    assertThat(report.get("missed").asInt()).isZero();
    assertThat(report.get("rows")).hasSize(10);
    assertThat(report.get("rows").get(0).propertyNames())
        .contains(
            "kernel",
            "pass",
            "dtype",
            "shape",
            "sectors",
            "minimalSectors",
            "ratio",
            "bankConflicts",
            "instructionsPerElement",
            "registers",
            "spills",
            "occupancy");
    List<String> lines = Files.readAllLines(table);
    assertThat(lines).filteredOn(line -> line.startsWith("| relu |")).hasSize(4);
    assertThat(lines).anyMatch(line -> line.contains("lockstep bench rows"));
  }

  /** Rows of 1000 elements end inside a sector: their traffic is shown, but held to nothing. */
  @Test
  void ragged() {
    Run run = run("--kernel relu --rows 3 --cols 1001 --dtype fp32");
    assertThat(run.code()).as(run.out() + run.err()).isZero();
    assertThat(run.out()).contains("2 measured, 0 of them with a limit, 0 missed");
  }

  @Test
  void predictsForNamedGpus() throws IOException {
    Path page = folder.resolve("roofline.html");
    Run run =
        run("--kernel relu --rows 8 --cols 64 --dtype fp32 --predict a100,h100 --roofline " + page);
    assertThat(run.code()).as(run.out() + run.err()).isZero();
    assertThat(run.out()).contains("predicted", "a100", "h100");
    assertThat(Files.readString(page)).contains("predicted");
  }

  /** A rate of 0 would say that it takes forever. */
  @Test
  void predictsNothingForGpusThatDoNotRunTheKernels() {
    Run run = run("--kernel relu --rows 8 --cols 64 --dtype fp32 --predict t4");
    assertThat(run.code()).isEqualTo(Lockstep.USAGE);
    assertThat(run.err()).contains("t4", "compute capability 8.0 or newer");
  }

  @Test
  void theSimulatorHasNoLibraryToMeasure() {
    Run run = matmul("--kernel cublas --shape 8x8x8");
    assertThat(run.code()).isEqualTo(Lockstep.USAGE);
    assertThat(run.err()).contains("the device sim has no cuBLAS");
  }

  @Test
  void listsWhatThereIs() {
    Run run = run("--list");
    assertThat(run.code()).isZero();
    assertThat(run.out())
        .containsPattern("layernorm +norm +forward, forward\\+residual, backward")
        .containsPattern("glu_silu +gate +forward, backward")
        .doesNotContain("device");
  }

  @Test
  void matrixProductsAreCountedAndFusionsCompared() throws IOException {
    Path json = folder.resolve("matmul.json");
    Path table = folder.resolve("matmul.md");
    Run run =
        matmul(
            "--kernel linear_gelu_erf --tile 64x64 --shape 64x64x64,1x2x3 --json %s --markdown %s"
                .formatted(json, table));
    assertThat(run.code()).as(run.out() + run.err()).isZero();
    assertThat(run.out())
        .contains("device   sim", "per mma", "in tiles of 64x64", "saves 16.0 KiB")
        .contains("8 measured, 4 of them with a limit, 0 missed");
    JsonNode report = JsonMapper.shared().readTree(Files.readAllBytes(json));
    assertThat(report.get("missed").asInt()).isZero();
    assertThat(report.get("rows")).hasSize(8);
    assertThat(report.get("savings")).hasSize(4);
    assertThat(report.get("savings").get(0).get("savedBytes").asLong()).isEqualTo(2 * 64 * 64 * 2);
    assertThat(Files.readString(table)).contains("# Matrix kernels", "| 64x64x64 |", "saves");
  }

  @Test
  void matrixProductsAreListed() {
    Run run = matmul("--list --dtype f32");
    assertThat(run.code()).isZero();
    assertThat(run.out())
        .containsPattern("linear +linear +forward, backward_input, backward_weight")
        .doesNotContain("device");
  }

  @Test
  void withoutAKindItListsTheKinds() {
    Run run = Run.lockstep("bench");
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.out()).isEmpty();
    assertThat(run.err()).contains("Usage: lockstep bench", "  rows  ", "  matmul  ");
  }

  private static Run matmul(String arguments) {
    return Run.lockstep(("bench matmul --device sim " + arguments).split(" +"));
  }

  private static Run run(String arguments) {
    return Run.lockstep(("bench rows --device sim " + arguments).split(" +"));
  }
}
