package dev.lockstep.cli;

import dev.lockstep.grill.Band;
import dev.lockstep.grill.Drill;
import dev.lockstep.grill.LabResult;
import dev.lockstep.grill.Progress;
import dev.lockstep.grill.Score;
import dev.lockstep.grill.Sitting;
import dev.lockstep.grill.evidence.Draws;
import dev.lockstep.grill.evidence.Numeral;
import dev.lockstep.grill.item.Grade;
import dev.lockstep.grill.item.Recall;
import dev.lockstep.grill.lab.Lab;
import dev.lockstep.grill.lab.Question;
import dev.lockstep.profile.Columns;
import java.time.LocalDate;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.LongSupplier;

/** Asks, grades, shows what was measured, and remembers. */
final class GrillSession {
  private final Dialogue dialogue;
  private final Function<Lab, LabResult> labs;
  private final ProgressFile file;
  private final LocalDate today;
  private final LongSupplier nanos;
  private final Map<Lab, LabResult> ran = new HashMap<>();
  private Progress progress;
  private Sitting sitting = Sitting.none();

  /**
   * @param labs runs the experiment of a question
   * @param progress before the first question
   * @param nanos a clock, as {@link System#nanoTime} is one
   */
  GrillSession(
      Dialogue dialogue,
      Function<Lab, LabResult> labs,
      ProgressFile file,
      Progress progress,
      LocalDate today,
      LongSupplier nanos) {
    this.dialogue = dialogue;
    this.labs = labs;
    this.file = file;
    this.progress = progress;
    this.today = today;
    this.nanos = nanos;
  }

  /** Asks all cards, or as many as there are answers for. */
  void ask(List<Drill.Card> cards, Draws draws) {
    try {
      for (int i = 0; i < cards.size(); i++) {
        ask(cards.get(i), "%d of %d".formatted(i + 1, cards.size()), draws);
      }
    } catch (Dialogue.Over over) {
      dialogue.out().println();
    }
    summary();
  }

  private void ask(Drill.Card card, String place, Draws draws) throws Dialogue.Over {
    Question question = card.lab().question();
    dialogue.out().printf("%n%s  %s  (%s)%n", question.id(), question.topic().title(), place);
    boolean shown = progress.needsShowing(card.lab());
    if (shown) {
      dialogue.say("wrong twice; look at its experiment first:");
      dialogue.print(LabText.whole(measured(card.lab())));
    }
    Turn turn = new Turn(dialogue, question, nanos, shown);
    Grade grade = turn.grade(card.asked(), draws, () -> measured(card.lab()).findings());
    dialogue.say(grade.right() ? "right" : "wrong: " + grade.why());
    boolean self = card.asked() instanceof Recall;
    boolean cold = grade.right() && turn.unaided();
    progress = progress.after(card.lab(), new Progress.Answered(grade.right(), cold, self), today);
    sitting = sitting.after(card.asked(), grade.right());
    file.write(progress);
    dialogue.say("measured:");
    dialogue.print(LabText.brief(measured(card.lab())));
    if (!question.nuance().isEmpty()) {
      dialogue.say("But: " + question.nuance());
    }
  }

  /** The experiment of a question, run when it is first looked at. */
  private LabResult measured(Lab lab) {
    return ran.computeIfAbsent(lab, labs);
  }

  private void summary() {
    StringBuilder right =
        new StringBuilder("%d of %d right".formatted(sitting.right(), sitting.asked()));
    sitting
        .correctedForGuessing()
        .ifPresent(score -> right.append("; less guesses, ").append(Numeral.text(score)));
    if (sitting.askedBySelf() > 0) {
      right.append(
          "; by your own judgement %d of %d"
              .formatted(sitting.rightBySelf(), sitting.askedBySelf()));
    }
    dialogue.out().printf("%n%s%n", right);
    Score score = new Score(progress);
    Columns table = new Columns().row("", "cold", "needed", "by yourself");
    for (Band band : Band.values()) {
      row(table, score.of(band));
    }
    row(table, score.firstFifty());
    row(table, score.all());
    table.lines().forEach(dialogue.out()::println);
    Paragraphs.wrapped("verdict    " + String.join("; ", score.verdicts()))
        .forEach(dialogue.out()::println);
    dialogue.out().println("progress   " + file.path());
    dialogue.out().flush();
  }

  private static void row(Columns table, Score.Count count) {
    table.row(
        count.name(),
        "%d of %d".formatted(count.cold(), count.size()),
        String.valueOf(count.needed()),
        String.valueOf(count.bySelf()));
  }
}
