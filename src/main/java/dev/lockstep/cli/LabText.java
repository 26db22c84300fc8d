package dev.lockstep.cli;

import dev.lockstep.grill.LabResult;
import dev.lockstep.grill.evidence.Evidence;
import dev.lockstep.grill.evidence.Numeral;
import dev.lockstep.grill.lab.Question;
import dev.lockstep.profile.Columns;
import java.util.ArrayList;
import java.util.List;

/** A lab that has run, as text. */
final class LabText {
  private LabText() {}

  /** Question, answer, numbers, evidence, verdict and pictures. */
  static List<String> whole(LabResult result) {
    Question question = result.question();
    List<String> lines = new ArrayList<>();
    lines.add("%s  %s".formatted(question.id(), question.asked()));
    lines.add("");
    lines.add("  " + question.formula().text());
    lines.add("");
    question.sentences().forEach(sentence -> lines.addAll(Paragraphs.wrapped(sentence)));
    lines.add("");
    Columns numbers = new Columns();
    result
        .findings()
        .numbers()
        .forEach((name, spread) -> numbers.row("  " + name, spread.toString()));
    lines.addAll(numbers.lines());
    lines.add("");
    lines.addAll(evidence(result));
    result.findings().notes().forEach(note -> lines.addAll(Paragraphs.wrapped(note)));
    result
        .findings()
        .pictures()
        .forEach(
            chart -> {
              lines.add("");
              lines.addAll(TextChart.lines(chart));
            });
    lines.add("");
    lines.add(verdict(result));
    return lines;
  }

  /** What an answer in the drill is held against: the first numbers and the verdict. */
  static List<String> brief(LabResult result) {
    Columns numbers = new Columns();
    result.findings().numbers().entrySet().stream()
        .limit(4)
        .forEach(each -> numbers.row("  " + each.getKey(), each.getValue().toString()));
    List<String> lines = new ArrayList<>(numbers.lines());
    lines.add("  " + verdict(result));
    return lines;
  }

  /** What came out, and what had to. */
  static String verdict(LabResult result) {
    String found = result.findings().verdict().toString();
    if (result.asExpected()) {
      return "verdict    " + found;
    }
    int surprises = result.findings().surprises().size();
    return "verdict    %s, where %s was expected; %d of %d numbers did not come out as they must"
        .formatted(
            found, result.question().expected(), surprises, result.findings().evidence().size());
  }

  private static List<String> evidence(LabResult result) {
    Columns table = new Columns();
    for (Evidence each : result.findings().evidence()) {
      table.row(
          (each.asItMust() ? "  " : "! ") + each.role(),
          each.criterion().name(),
          each.arm(),
          Numeral.text(each.value()),
          each.must());
    }
    return table.lines();
  }
}
