package dev.lockstep.grill.evidence;

import dev.lockstep.profile.page.Chart;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;

/**
 * What an experiment found, collected as it goes:
 *
 * <pre>{@code
 * Criterion vanished = Criterion.below("log₁₀ |∂L/∂h₀| / |∂L/∂h₂₄|", -3);
 * findings.shows(vanished, "sigmoid", sigmoid.median());
 * findings.control(vanished, "tanh", tanh.median());
 * }</pre>
 *
 * Every criterion that shows something needs a control that fails it.
 */
public final class Findings {
  private final Map<String, Spread> numbers = new LinkedHashMap<>();
  private final List<Evidence> evidence = new ArrayList<>();
  private final List<Chart> pictures = new ArrayList<>();
  private final List<String> notes = new ArrayList<>();

  /** Remembers a number by its name, for tables, the drill and the documentation. */
  public void number(String name, Spread value) {
    if (numbers.putIfAbsent(name, value) != null) {
      throw new IllegalStateException("two numbers are called \"" + name + "\"");
    }
  }

  /** Remembers a number that does not depend on chance. */
  public void number(String name, double value) {
    number(name, Spread.of(value));
  }

  /** The answer is right in this. */
  public void shows(Criterion criterion, String arm, double value) {
    evidence.add(new Evidence(Evidence.Role.SUPPORTS, arm, criterion, value));
  }

  /** The answer is loose here. */
  public void corrects(Criterion criterion, String arm, double value) {
    evidence.add(new Evidence(Evidence.Role.CORRECTS, arm, criterion, value));
  }

  /** The answer is wrong at its word. */
  public void refutes(Criterion criterion, String arm, double value) {
    evidence.add(new Evidence(Evidence.Role.REFUTES, arm, criterion, value));
  }

  /** Chance is as large as the effect. */
  public void leavesOpen(Criterion criterion, String arm, double value) {
    evidence.add(new Evidence(Evidence.Role.LEAVES_OPEN, arm, criterion, value));
  }

  /** A variant that must not meet the criterion. */
  public void control(Criterion criterion, String arm, double value) {
    evidence.add(new Evidence(Evidence.Role.CONTROL, arm, criterion, value));
  }

  /** Something to look at. */
  public void picture(Chart chart) {
    pictures.add(chart);
  }

  /** A sentence beside the numbers, for example the scale they hold for. */
  public void note(String sentence) {
    notes.add(sentence);
  }

  /** All numbers by name, in the order they were found. */
  public Map<String, Spread> numbers() {
    return Collections.unmodifiableMap(numbers);
  }

  /**
   * A number by its name.
   *
   * @throws NoSuchElementException when there is none of that name
   */
  public Spread number(String name) {
    Spread found = numbers.get(name);
    if (found == null) {
      throw new NoSuchElementException("no number \"" + name + "\" among " + numbers.keySet());
    }
    return found;
  }

  public List<Evidence> evidence() {
    return List.copyOf(evidence);
  }

  public List<Chart> pictures() {
    return List.copyOf(pictures);
  }

  public List<String> notes() {
    return List.copyOf(notes);
  }

  /** What did not come out as it must. */
  public List<Evidence> surprises() {
    return evidence.stream().filter(each -> !each.asItMust()).toList();
  }

  /** What the evidence adds up to. */
  public Verdict verdict() {
    boolean unsupported =
        evidence.stream().anyMatch(e -> e.role() == Evidence.Role.SUPPORTS && !e.holds());
    if (unsupported || held(Evidence.Role.REFUTES)) {
      return Verdict.REFUTED;
    }
    if (held(Evidence.Role.LEAVES_OPEN)) {
      return Verdict.UNDECIDED;
    }
    return held(Evidence.Role.CORRECTS) ? Verdict.CORRECTED : Verdict.CONFIRMED;
  }

  private boolean held(Evidence.Role role) {
    return evidence.stream().anyMatch(each -> each.role() == role && each.holds());
  }
}
