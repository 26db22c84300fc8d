package dev.lockstep.check;

import dev.lockstep.numeric.DType;
import java.util.Locale;

/**
 * The outcome of one case.
 *
 * @param name of the case, unique in a run
 * @param device the provider that ran it; {@code host} for an op without a kernel
 * @param tensor the tensor that came closest to its tolerance or exceeded it most; empty when none
 *     was compared
 * @param worstError the largest |got − expected| in that tensor; NaN where a NaN or infinity stands
 *     in the wrong place, and where nothing was compared
 * @param tolerance the largest error allowed in that tensor; NaN where nothing was compared
 * @param reason why it failed or is unsupported, in one line; empty when passed
 */
public record CheckResult(
    String name,
    String op,
    DType dtype,
    String device,
    Status status,
    String tensor,
    double worstError,
    double tolerance,
    String reason) {
  /** Whether a formula on the host was checked, and no kernel. */
  public boolean onHost() {
    return device.equals(HostChecks.DEVICE);
  }

  /** How a case can end. */
  public enum Status {
    PASSED,
    FAILED,
    /** Not run: never to be counted as passed. */
    UNSUPPORTED;

    /** As it stands in reports: {@code passed}, … */
    public String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }
}
