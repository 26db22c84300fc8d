package dev.lockstep.grill;

import dev.lockstep.check.CheckResult;
import dev.lockstep.check.Checks;
import dev.lockstep.device.Device;
import dev.lockstep.grill.evidence.Criterion;
import dev.lockstep.grill.evidence.Findings;
import dev.lockstep.grill.lab.Question;

/**
 * Labs train on the reference. Where a kernel computes what a question is about, one forward and
 * backward pass of it runs on the device as well, in every type it has, and is held to the same
 * reference.
 */
final class KernelWitness {
  private static final Criterion AGREES =
      new Criterion("kernel's error over its tolerance", "≤ 1", value -> value <= 1);

  private KernelWitness() {}

  /** Adds what the kernels of a question have to say. */
  static void testify(Question question, Device device, Findings findings) {
    for (String name : question.kernels()) {
      // Labs run side by side, and share the device.
      synchronized (device) {
        Checks.named(device, name)
            .forEach(result -> findings.shows(AGREES, result.name(), share(result)));
      }
    }
  }

  private static double share(CheckResult result) {
    if (result.status() != CheckResult.Status.PASSED && Double.isNaN(result.worstError())) {
      return Double.POSITIVE_INFINITY; // not computed at all
    }
    return result.worstError() == 0 ? 0 : result.worstError() / result.tolerance();
  }
}
