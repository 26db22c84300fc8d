package dev.lockstep.check;

import dev.lockstep.check.CheckResult.Status;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/** Puts golden cases to the kernels, each in its own storage type. */
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
    if (check.isEmpty()) {
      return notCompared(golden, Status.UNSUPPORTED, "op " + golden.op() + " has no kernel");
    }
    try {
      GoldenSet.Golden read = goldens.read(golden);
      return Checks.run(bench, check.get(), read.problem(), read.answers());
    } catch (IOException damaged) {
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
