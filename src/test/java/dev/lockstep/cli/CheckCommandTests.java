package dev.lockstep.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.check.CheckReport;
import dev.lockstep.check.CheckResult;
import dev.lockstep.numeric.DType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class CheckCommandTests {
  @Test
  void checksOneOpAndWritesTheReport(@TempDir Path folder) throws IOException {
    Path json = folder.resolve("report.json");
    Run run =
        Run.lockstep(
            "check",
            "--device",
            "sim",
            "--op",
            "fill",
            "--dtype",
            "fp32",
            "--json",
            json.toString());
    assertThat(run.code()).as(run.out() + run.err()).isZero();
    assertThat(run.out()).contains("device   sim", "fill", "f32", " 0 failed");

    JsonNode report = JsonMapper.shared().readTree(Files.readAllBytes(json));
    assertThat(report.get("failed").asInt()).isZero();
    assertThat(report.get("passed").asInt()).isPositive().isEqualTo(report.get("cases").size());
    assertThat(report.get("cases").get(0).propertyNames())
        .contains("name", "op", "dtype", "device", "status", "tensor", "worstError", "tolerance");
  }

  /** A device may take seconds to open, and its name would stand before the mistake. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--op nosuch | lockstep check: unknown op \"nosuch\"; known: cast, fill, ",
        "--dtype i32 | lockstep check: no kernel computes with dtype i32; known: f32, bf16, f16",
        "--goldens nosuch | lockstep check: goldens folder nosuch is no folder",
      })
  void whatThereIsNotIsRefusedBeforeADeviceIsOpened(String words, String problem) {
    List<String> arguments = new ArrayList<>(List.of("check", "--device", "sim"));
    arguments.addAll(List.of(words.split(" ")));
    Run run = Run.lockstep(arguments.toArray(String[]::new));
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.out()).isEmpty();
    assertThat(run.errLines()).singleElement().asString().startsWith(problem);
  }

  @Test
  void writesAPageToPaste(@TempDir Path folder) throws IOException {
    Path page = folder.resolve("report.md");
    Run run =
        Run.lockstep("check", "--device", "sim", "--op", "fill", "--markdown", page.toString());
    assertThat(run.code()).as(run.out() + run.err()).isZero();
    List<String> lines = Files.readAllLines(page);
    assertThat(lines.getFirst()).startsWith("# Check on ").endsWith(" 0 failed, 0 unsupported");
    assertThat(lines)
        .anyMatch(line -> line.matches("device sim +.*asked for by name.*"))
        .anyMatch(line -> line.contains("compute capability 8.0, 108 multiprocessors"))
        .anyMatch(line -> line.matches("op +dtype +passed.*worst error.*"))
        .anyMatch(line -> line.matches("fill +bf16 .*"));
  }

  @Test
  void showsTheWorstCaseOfEachOpAndType() {
    List<String> lines =
        CheckTable.summary(
            new CheckReport(
                List.of(
                    result("small", CheckResult.Status.PASSED, "dX", 1e-6, 1e-5),
                    result("large", CheckResult.Status.FAILED, "dW", 3e-5, 1e-5),
                    result("other", CheckResult.Status.UNSUPPORTED, "", Double.NaN, Double.NaN))));
    assertThat(lines).hasSize(4);
    assertThat(lines.get(1).split(" +"))
        .containsExactly(
            "linear", "f32", "1", "1", "1", "3.00e-05", "1.00e-05", "300%", "large", "dW");
    assertThat(lines.get(3)).isEqualTo("1 passed, 1 failed, 1 unsupported");
  }

  @Test
  void anErrorThatIsNotANumberIsTheWorst() {
    CheckReport report =
        new CheckReport(
            List.of(
                result("nan", CheckResult.Status.FAILED, "dX", Double.NaN, 1e-5),
                result("large", CheckResult.Status.FAILED, "dW", 3e-5, 1e-5)));
    assertThat(CheckTable.summary(report).get(1)).contains("nan dX");
  }

  @Test
  void saysHowManyRanOnTheHost() {
    CheckResult kernel = result("small", CheckResult.Status.PASSED, "dX", 1e-6, 1e-5);
    CheckResult formula =
        new CheckResult(
            "rates", "rates", DType.F32, "host", CheckResult.Status.PASSED, "lr", 0, 1e-5, "");
    assertThat(CheckTable.summary(new CheckReport(List.of(kernel, formula))))
        .endsWith(
            "2 passed, 0 failed, 0 unsupported",
            "1 of ops without a kernel: their formulas ran on the host");
  }

  private static CheckResult result(
      String name, CheckResult.Status status, String tensor, double error, double tolerance) {
    return new CheckResult(
        name, "linear", DType.F32, "sim", status, tensor, error, tolerance, "reason");
  }
}
