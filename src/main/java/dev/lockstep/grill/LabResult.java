package dev.lockstep.grill;

import dev.lockstep.grill.evidence.Evidence;
import dev.lockstep.grill.evidence.Findings;
import dev.lockstep.grill.evidence.Spread;
import dev.lockstep.grill.lab.Lab;
import dev.lockstep.grill.lab.Question;
import dev.lockstep.grill.lab.Trial;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A lab that has run.
 *
 * @param seed of everything it drew
 * @param longForm whether it took the larger sizes it may have
 * @param seconds of wall time, whatever else ran beside it
 */
public record LabResult(
    Question question, Findings findings, long seed, boolean longForm, double seconds) {
  /** Runs a lab, and the kernels beside it. */
  public static LabResult of(Lab lab, Trial trial) {
    long began = System.nanoTime();
    Findings findings = lab.run(trial);
    KernelWitness.testify(lab.question(), trial.device(), findings);
    return new LabResult(
        lab.question(),
        findings,
        trial.seed(),
        trial.longForm(),
        (System.nanoTime() - began) * 1e-9);
  }

  /** Whether it came to the verdict it must come to, and every criterion and control as it must. */
  public boolean asExpected() {
    return findings.surprises().isEmpty() && findings.verdict() == question.expected();
  }

  /** As JSON has it. */
  public Map<String, Object> json() {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("id", question.id());
    all.put("name", question.slug());
    all.put("topic", question.topic().title());
    all.put("question", question.asked());
    all.put("seed", seed);
    all.put("verdict", findings.verdict().toString());
    all.put("expected", question.expected().toString());
    all.put("asExpected", asExpected());
    all.put("seconds", seconds);
    Map<String, Object> numbers = new LinkedHashMap<>();
    findings.numbers().forEach((name, spread) -> numbers.put(name, json(spread)));
    all.put("numbers", numbers);
    all.put("evidence", findings.evidence().stream().map(LabResult::json).toList());
    all.put("notes", findings.notes());
    return all;
  }

  private static Map<String, Object> json(Spread spread) {
    return new TreeMap<>(Map.of("median", spread.median(), "values", List.copyOf(spread.values())));
  }

  private static Map<String, Object> json(Evidence evidence) {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("role", evidence.role().toString());
    all.put("number", evidence.criterion().name());
    all.put("arm", evidence.arm());
    all.put("value", evidence.value());
    all.put("needed", evidence.criterion().needed());
    all.put("asItMust", evidence.asItMust());
    return all;
  }
}
