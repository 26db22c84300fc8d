package dev.lockstep.check.run;

/**
 * How a case ended.
 *
 * @param reason why it failed; empty when it passed
 * @param fault simple name of the fault that stopped it; empty when none did
 * @param seconds it took, with loading
 */
public record CaseResult(String name, boolean passed, String reason, String fault, double seconds) {
  /** {@code passed} or {@code failed}. */
  public String status() {
    return passed ? "passed" : "failed";
  }
}
