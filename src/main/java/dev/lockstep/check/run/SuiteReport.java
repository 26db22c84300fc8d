package dev.lockstep.check.run;

import java.util.List;

/** All results of a suite, in the order of its cases. */
public record SuiteReport(int passed, int failed, List<CaseResult> cases) {
  public SuiteReport {
    cases = List.copyOf(cases);
  }

  static SuiteReport of(List<CaseResult> cases) {
    int passed = (int) cases.stream().filter(CaseResult::passed).count();
    return new SuiteReport(passed, cases.size() - passed, cases);
  }
}
