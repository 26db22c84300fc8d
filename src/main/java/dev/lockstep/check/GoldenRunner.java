package dev.lockstep.check;

import dev.lockstep.check.CheckResult.Status;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Puts golden cases to the kernels, each in its own storage type; where an op has none, to its
 * formula on the host.
 */
final class GoldenRunner {
  private final Bench bench;
  private final GoldenSet goldens;

  GoldenRunner(Bench bench, GoldenSet goldens) {
    this.bench = bench;
    this.goldens = goldens;
  }

  void run(CheckOptions options, Consumer<CheckResult> each) {
    for (GoldenSet.Case golden : goldens.cases()) {
      if (options.includes(golden.op(), golden.dtype())) {
        each.accept(run(golden));
      }
    }
  }

  private CheckResult run(GoldenSet.Case golden) {
    Optional<OpCheck> check = OpChecks.named(golden.op());
    Optional<Function<Problem, Answers>> onHost = HostChecks.named(golden.op());
    if (check.isEmpty() && onHost.isEmpty()) {
      return notCompared(
          golden, Status.UNSUPPORTED, "op " + golden.op() + " has no kernel and no formula");
    }
    try {
      GoldenSet.Golden read = goldens.read(golden);
      return check.isPresent()
          ? Checks.run(bench, check.get(), read.problem(), read.answers())
          : Checks.runOnHost(read, onHost.orElseThrow());
    } catch (IOException | IllegalArgumentException damaged) {
      return notCompared(golden, Status.FAILED, Checks.firstLine(damaged));
    }
  }

  private CheckResult notCompared(GoldenSet.Case golden, Status status, String reason) {
    Problem empty =
        new Problem(
            golden.name(), golden.op(), golden.dtype(), golden.attributes(), Map.of(), Map.of());
    return Checks.notCompared(bench, empty, status, reason);
  }
}
