package dev.lockstep.cli;

import dev.lockstep.check.run.CaseResult;
import dev.lockstep.check.run.SuiteReport;
import java.util.List;

/** What {@code run --suite --json} writes. */
record SuiteJson(int passed, int failed, List<Case> cases) {
  static SuiteJson of(SuiteReport report) {
    return new SuiteJson(
        report.passed(), report.failed(), report.cases().stream().map(Case::of).toList());
  }

  /**
   * One case.
   *
   * @param status {@code passed} or {@code failed}
   * @param reason why it failed
   * @param fault what stopped it, expected or not
   */
  record Case(String name, String status, String reason, String fault, double seconds) {
    private static Case of(CaseResult result) {
      return new Case(
          result.name(), result.status(), result.reason(), result.fault(), result.seconds());
    }
  }
}
