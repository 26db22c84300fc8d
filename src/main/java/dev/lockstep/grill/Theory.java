package dev.lockstep.grill;

import dev.lockstep.grill.evidence.Draws;
import dev.lockstep.grill.item.Calculation;
import dev.lockstep.grill.item.Choice;
import dev.lockstep.grill.item.Derivation;
import dev.lockstep.grill.item.Item;
import dev.lockstep.grill.item.Prediction;
import dev.lockstep.grill.item.Recall;
import dev.lockstep.grill.lab.Lab;
import dev.lockstep.grill.lab.Question;
import dev.lockstep.grill.lab.Topic;
import java.util.List;

/** All questions with their answers and what a run of every lab measured, as Markdown. */
public final class Theory {
  private final StringBuilder text = new StringBuilder();

  private Theory() {}

  /**
   * The whole document.
   *
   * @param results of every lab
   */
  public static String of(List<LabResult> results) {
    Theory theory = new Theory();
    theory.line("# Neural networks in sixty questions");
    theory.line("");
    theory.line(
        "Written by `lockstep grill --all --theory FILE` from the same classes that run the"
            + " experiments and ask in the drill; do not edit. Seed %d."
                .formatted(results.getFirst().seed()));
    for (Topic topic : Topic.values()) {
      List<LabResult> own =
          results.stream().filter(result -> result.question().topic() == topic).toList();
      if (!own.isEmpty()) {
        theory.line("");
        theory.line("## " + topic.title());
        own.forEach(theory::question);
      }
    }
    return theory.text.toString().stripTrailing();
  }

  private void question(LabResult result) {
    Question question = result.question();
    line("");
    line("### %d. %s".formatted(question.number(), question.asked()));
    line("");
    line("```math");
    line(question.formula().tex());
    line("```");
    line("");
    line(question.answer());
    if (!question.nuance().isEmpty()) {
      line("");
      line("**But:** " + question.nuance());
    }
    line("");
    line(
        "*%s* **%s** (`lockstep grill --lab %s`)"
            .formatted(
                question.experiment(),
                capital(result.findings().verdict().toString()),
                question.id()));
    if (!question.longForm().isEmpty()) {
      line("");
      line("Long form, with `--long`: " + question.longForm());
    }
    line("");
    line("| measured | |");
    line("| --- | ---: |");
    result
        .findings()
        .numbers()
        .forEach(
            (name, spread) -> line("| %s | %s |".formatted(cell(name), cell(spread.toString()))));
    result.findings().notes().forEach(note -> line("\n" + note));
    if (!question.kernels().isEmpty()) {
      line("");
      line("Kernels beside it: `" + String.join("`, `", question.kernels()) + "`.");
    }
    line("");
    line("Asked in the drill: " + example(result));
  }

  private static String example(LabResult result) {
    Lab lab = Catalogue.find(result.question().id()).orElseThrow();
    Item item = lab.items(Draws.of(result.seed()).child(result.question().id())).getFirst();
    return switch (item) {
      case Calculation calculation ->
          "%s **%s**".formatted(calculation.prompt(), calculation.right());
      case Choice choice -> "%s **%s**".formatted(choice.prompt(), choice.right());
      case Derivation derivation -> "%s **%s**".formatted(derivation.prompt(), derivation.model());
      case Prediction prediction ->
          "%s **%s**"
              .formatted(
                  prediction.prompt(),
                  prediction.options().get(prediction.outcome().applyAsInt(result.findings())));
      case Recall recall -> recall.prompt();
    };
  }

  private static String capital(String words) {
    return Character.toUpperCase(words.charAt(0)) + words.substring(1) + ".";
  }

  private static String cell(String words) {
    return words.replace("|", "\\|");
  }

  private void line(String line) {
    text.append(line).append('\n');
  }
}
