package dev.lockstep.cli;

import dev.lockstep.grill.Band;
import dev.lockstep.grill.Drill;
import dev.lockstep.grill.LabResult;
import dev.lockstep.grill.Progress;
import dev.lockstep.grill.evidence.Draws;
import dev.lockstep.grill.item.Calculation;
import dev.lockstep.grill.item.Choice;
import dev.lockstep.grill.item.Derivation;
import dev.lockstep.grill.item.Grade;
import dev.lockstep.grill.item.Prediction;
import dev.lockstep.grill.item.Recall;
import dev.lockstep.grill.lab.Lab;
import dev.lockstep.grill.lab.Question;
import dev.lockstep.profile.Columns;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.LocalDate;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Asks, grades, shows what was measured, and remembers. */
final class GrillSession {
  private final BufferedReader in;
  private final PrintWriter out;
  private final Function<Lab, LabResult> labs;
  private final ProgressFile file;
  private final LocalDate today;
  private final Map<Lab, LabResult> ran = new HashMap<>();
  private Progress progress;
  private int right;
  private int asked;

  /** The end of the input, or {@code q}: nothing more is asked. */
  private static final class Over extends Exception {}

  /**
   * @param labs runs the experiment of a question
   */
  GrillSession(
      BufferedReader in,
      PrintWriter out,
      Function<Lab, LabResult> labs,
      ProgressFile file,
      Progress progress,
      LocalDate today) {
    this.in = in;
    this.out = out;
    this.labs = labs;
    this.file = file;
    this.progress = progress;
    this.today = today;
  }

  /** Asks all cards, or as many as there are answers for. */
  void ask(List<Drill.Card> cards, Draws draws) {
    try {
      for (Drill.Card card : cards) {
        ask(card, asked + 1 + " of " + cards.size(), draws);
      }
    } catch (Over over) {
      out.println();
    }
    summary();
  }

  private void ask(Drill.Card card, String place, Draws draws) throws Over {
    Question question = card.lab().question();
    out.printf("%n%s  %s  (%s)%n", question.id(), question.topic().title(), place);
    boolean shown = progress.needsShowing(card.lab());
    if (shown) {
      out.println("  wrong twice; look at its experiment first:");
      LabText.whole(measured(card.lab())).forEach(line -> out.println("  " + line));
    }
    Turn turn = new Turn(question, shown);
    Grade grade =
        switch (card.asked()) {
          case Choice choice -> turn.choose(choice, draws);
          case Calculation calculation -> turn.calculate(calculation);
          case Derivation derivation -> turn.derive(derivation, draws);
          case Prediction prediction -> turn.predict(prediction, card.lab());
          case Recall recall -> turn.recall(recall);
        };
    out.println(grade.right() ? "  right" : "  wrong: " + grade.why());
    out.println("  measured:");
    LabText.brief(measured(card.lab())).forEach(out::println);
    if (!question.nuance().isEmpty()) {
      Paragraphs.wrapped("But: " + question.nuance()).forEach(line -> out.println("    " + line));
    }
    boolean self = card.asked() instanceof Recall;
    progress =
        progress.after(
            card.lab(),
            new Progress.Answered(grade.right(), grade.right() && turn.cold(), self),
            today);
    asked++;
    right += grade.right() ? 1 : 0;
    file.write(progress);
  }

  /** The experiment of a question, run when it is first looked at. */
  private LabResult measured(Lab lab) {
    return ran.computeIfAbsent(lab, labs);
  }

  private void summary() {
    out.printf("%n%d of %d right%n", right, asked);
    Columns table = new Columns().row("band", "cold", "needed", "checked by yourself");
    for (Band band : Band.values()) {
      table.row(
          band.toString(),
          "%d of %d".formatted(progress.cold(band, false), band.size()),
          String.valueOf(band.held()),
          String.valueOf(progress.cold(band, true)));
    }
    table.lines().forEach(out::println);
    out.println("progress   " + file.path());
    out.flush();
  }

  /** One question being answered. */
  private final class Turn {
    private final Question question;
    private final long began = System.nanoTime();
    private long seconds;
    private boolean helped;

    Turn(Question question, boolean helped) {
      this.question = question;
      this.helped = helped;
    }

    /** Whether the answer came in time and without help. */
    boolean cold() {
      return !helped && seconds <= Band.of(question).seconds();
    }

    Grade choose(Choice choice, Draws draws) throws Over {
      List<String> options = choice.options(draws);
      return choice.grade(options.get(option(choice.prompt(), options)));
    }

    Grade calculate(Calculation calculation) throws Over {
      say(calculation.prompt());
      return retried(typed -> calculation.grade(typed));
    }

    Grade derive(Derivation derivation, Draws draws) throws Over {
      say(derivation.prompt());
      out.println(
          "  names: "
              + derivation.inputs().stream()
                  .map(Derivation.Input::name)
                  .collect(Collectors.joining(", "))
              + "; write A' for a transpose, .* and ./ element by element");
      return retried(typed -> derivation.grade(typed, draws));
    }

    Grade predict(Prediction prediction, Lab lab) throws Over {
      int guessed = option(prediction.prompt(), prediction.options());
      return prediction.grade(guessed, measured(lab).findings());
    }

    Grade recall(Recall recall) throws Over {
      say(recall.prompt());
      out.println("  (in your own words; then tick what you had)");
      answer();
      int ticked = 0;
      for (String point : recall.points()) {
        out.println("  - " + point);
        ticked += yes() ? 1 : 0;
      }
      return recall.grade(ticked);
    }

    private void say(String prompt) {
      Paragraphs.wrapped(prompt).forEach(line -> out.println("  " + line));
    }

    private int option(String prompt, List<String> options) throws Over {
      say(prompt);
      for (int i = 0; i < options.size(); i++) {
        out.printf("    %c  %s%n", 'a' + i, options.get(i));
      }
      while (true) {
        String typed = answer();
        int chosen = typed.length() == 1 ? Character.toLowerCase(typed.charAt(0)) - 'a' : -1;
        if (chosen >= 0 && chosen < options.size()) {
          return chosen;
        }
        out.printf(
            "  type a letter from a to %c, ? for the formula or q to end%n",
            'a' + options.size() - 1);
      }
    }

    private boolean yes() throws Over {
      while (true) {
        String typed = line("  y/n> ");
        if (typed.equalsIgnoreCase("y") || typed.equalsIgnoreCase("n")) {
          return typed.equalsIgnoreCase("y");
        }
      }
    }

    /** Asks again where the typing, not the answer, was wrong. */
    private Grade retried(Function<String, Grade> grader) throws Over {
      while (true) {
        String typed = answer();
        try {
          return grader.apply(typed);
        } catch (IllegalArgumentException e) {
          out.println("  " + e.getMessage());
        }
      }
    }

    private String answer() throws Over {
      while (true) {
        String typed = line("  > ");
        if (typed.equals("?")) {
          helped = true;
          out.println("  " + question.formula().text());
        } else if (!typed.isEmpty()) {
          seconds = Duration.ofNanos(System.nanoTime() - began).toSeconds();
          return typed;
        }
      }
    }
  }

  private String line(String prompt) throws Over {
    out.print(prompt);
    out.flush();
    try {
      String typed = Optional.ofNullable(in.readLine()).orElseThrow(Over::new).strip();
      if (typed.equals("q")) {
        throw new Over();
      }
      return typed;
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read answers", e);
    }
  }
}
