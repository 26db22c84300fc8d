package dev.lockstep.check;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.check.CheckResult.Status;
import dev.lockstep.numeric.DType;
import java.util.List;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class CheckReportTests {
  private static final CheckReport REPORT =
      new CheckReport(
          List.of(
              new CheckResult("a", "linear", DType.BF16, "sim", Status.PASSED, "out.y", 0.5, 1, ""),
              new CheckResult(
                  "b",
                  "linear",
                  DType.F32,
                  "sim",
                  Status.FAILED,
                  "grad.x",
                  Double.NaN,
                  Double.POSITIVE_INFINITY,
                  "grad.x[3] is NaN, expected 1.0"),
              new CheckResult(
                  "c",
                  "conv2d",
                  DType.F32,
                  "sim",
                  Status.UNSUPPORTED,
                  "",
                  Double.NaN,
                  Double.NaN,
                  "op conv2d has no kernel")));

  @Test
  void countsNothingTwiceAndUnsupportedNeverAsPassed() {
    assertThat(REPORT.passed()).isEqualTo(1);
    assertThat(REPORT.failed()).isEqualTo(1);
    assertThat(REPORT.unsupported()).isEqualTo(1);
    assertThat(REPORT.byOp())
        .containsEntry("linear", new CheckReport.Counts(1, 1, 0))
        .containsEntry("conv2d", new CheckReport.Counts(0, 0, 1))
        .hasSize(2);
  }

  @Test
  void jsonHoldsEveryFieldAndNoBareNaN() {
    JsonNode json = new JsonMapper().readTree(REPORT.toJson());
    assertThat(json.propertyNames()).containsExactly("cases", "passed", "failed", "unsupported");
    JsonNode passed = json.get("cases").get(0);
    assertThat(passed.propertyNames())
        .containsExactly(
            "name", "op", "dtype", "device", "status", "tensor", "worstError", "tolerance");
    assertThat(passed.get("dtype").stringValue()).isEqualTo("bf16");
    assertThat(passed.get("status").stringValue()).isEqualTo("passed");
    assertThat(passed.get("worstError").doubleValue()).isEqualTo(0.5);
    JsonNode failed = json.get("cases").get(1);
    assertThat(failed.get("worstError").stringValue()).isEqualTo("NaN");
    assertThat(failed.get("tolerance").stringValue()).isEqualTo("Infinity");
    assertThat(failed.get("reason").stringValue()).contains("grad.x[3]");
    assertThat(json.get("unsupported").intValue()).isEqualTo(1);
  }
}
