package dev.lockstep.grill;

import dev.lockstep.grill.evidence.Evidence;
import dev.lockstep.grill.evidence.Numeral;
import dev.lockstep.grill.lab.Question;
import dev.lockstep.profile.page.Block;
import dev.lockstep.profile.page.Formula;
import dev.lockstep.profile.page.Grid;
import dev.lockstep.profile.page.Heading;
import dev.lockstep.profile.page.Page;
import dev.lockstep.profile.page.Paragraph;
import dev.lockstep.profile.page.Preformatted;
import java.util.ArrayList;
import java.util.List;

/** The labs that ran, as a page of one card each. */
public final class LabPage {
  private LabPage() {}

  /** A page of these results. */
  public static Page of(List<LabResult> results) {
    List<Block> blocks = new ArrayList<>();
    long expected = results.stream().filter(LabResult::asExpected).count();
    blocks.add(
        new Paragraph(
            "%d of %d labs came to the verdict they must come to."
                .formatted(expected, results.size()),
            expected < results.size()));
    blocks.add(
        new Grid(
            List.of("Question", "Topic", "Verdict"), results.stream().map(LabPage::line).toList()));
    results.forEach(result -> card(result, blocks));
    return new Page(
        "Questions on neural networks, answered by experiment",
        "Each answer that is commonly given, held to numbers that can fail it.",
        blocks);
  }

  private static Grid.Row line(LabResult result) {
    Question question = result.question();
    return new Grid.Row(
        List.of(
            question.number() + ". " + question.asked(), question.topic().title(), verdict(result)),
        !result.asExpected());
  }

  private static String verdict(LabResult result) {
    String verdict = result.findings().verdict().toString();
    return result.asExpected() ? verdict : verdict + "; not as expected";
  }

  private static void card(LabResult result, List<Block> blocks) {
    Question question = result.question();
    blocks.add(new Heading(question.number() + ". " + question.asked()));
    blocks.add(new Formula(question.formula().tex()));
    question.sentences().forEach(sentence -> blocks.add(Paragraph.of(sentence)));
    blocks.add(new Paragraph("Verdict: " + verdict(result) + ".", !result.asExpected()));
    result.findings().notes().forEach(note -> blocks.add(Paragraph.of(note)));
    blocks.addAll(result.findings().pictures());
    blocks.add(
        new Grid(
            List.of("Measured", "Median [least..most]"),
            result.findings().numbers().entrySet().stream()
                .map(each -> Grid.Row.of(each.getKey(), each.getValue().toString()))
                .toList()));
    blocks.add(
        new Grid(
            List.of("Evidence", "Of", "Value", "Must", ""),
            result.findings().evidence().stream().map(LabPage::line).toList()));
    blocks.add(
        new Preformatted(
            "lockstep grill --lab %s --seed %d%s"
                .formatted(question.id(), result.seed(), result.longForm() ? " --long" : "")));
  }

  private static Grid.Row line(Evidence evidence) {
    return new Grid.Row(
        List.of(
            evidence.criterion().name(),
            evidence.arm(),
            Numeral.text(evidence.value()),
            evidence.must(),
            evidence.role().toString()),
        !evidence.asItMust());
  }
}
