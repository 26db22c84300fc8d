package dev.lockstep.cli;

import dev.lockstep.grill.Band;
import dev.lockstep.grill.evidence.Draws;
import dev.lockstep.grill.evidence.Findings;
import dev.lockstep.grill.item.Calculation;
import dev.lockstep.grill.item.Choice;
import dev.lockstep.grill.item.Derivation;
import dev.lockstep.grill.item.Grade;
import dev.lockstep.grill.item.Item;
import dev.lockstep.grill.item.Prediction;
import dev.lockstep.grill.item.Recall;
import dev.lockstep.grill.lab.Question;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/** One question being answered. */
final class Turn {
  private final Dialogue dialogue;
  private final Question question;
  private final LongSupplier nanos;
  private final long began;
  private boolean helped;
  private Duration taken = Duration.ZERO;

  /**
   * @param nanos a clock, as {@link System#nanoTime} is one
   * @param helped whether the experiment was shown before
   */
  Turn(Dialogue dialogue, Question question, LongSupplier nanos, boolean helped) {
    this.dialogue = dialogue;
    this.question = question;
    this.nanos = nanos;
    this.helped = helped;
    this.began = nanos.getAsLong();
  }

  /** Whether the answer came in time and without help. */
  boolean unaided() {
    return !helped && taken.compareTo(Band.of(question).time()) <= 0;
  }

  /**
   * Asks and grades.
   *
   * @param measured what the experiment finds; not asked for before the guess is made
   */
  Grade grade(Item asked, Draws draws, Supplier<Findings> measured) throws Dialogue.Over {
    return switch (asked) {
      case Choice choice -> {
        List<String> options = choice.options(draws);
        yield choice.grade(options.get(option(choice.prompt(), options)));
      }
      case Calculation calculation -> {
        dialogue.say(calculation.prompt());
        yield retried(calculation::grade);
      }
      case Derivation derivation -> {
        dialogue.say(derivation.prompt());
        dialogue.say(
            "names: %s; write A' for a transpose, .* and ./ element by element"
                .formatted(
                    derivation.inputs().stream()
                        .map(Derivation.Input::name)
                        .collect(Collectors.joining(", "))));
        yield retried(typed -> derivation.grade(typed, draws));
      }
      case Prediction prediction -> {
        int guessed = option(prediction.prompt(), prediction.options());
        yield prediction.grade(guessed, measured.get());
      }
      case Recall recall -> recall(recall);
    };
  }

  private Grade recall(Recall recall) throws Dialogue.Over {
    dialogue.say(recall.prompt());
    dialogue.say("(in your own words; then tick what you had)");
    answer();
    int ticked = 0;
    for (String point : recall.points()) {
      dialogue.say("- " + point);
      ticked += dialogue.yes() ? 1 : 0;
    }
    return recall.grade(ticked);
  }

  private int option(String prompt, List<String> options) throws Dialogue.Over {
    dialogue.say(prompt);
    for (int i = 0; i < options.size(); i++) {
      dialogue.say("%c  %s".formatted('a' + i, options.get(i)));
    }
    while (true) {
      String typed = answer();
      int chosen = typed.length() == 1 ? Character.toLowerCase(typed.charAt(0)) - 'a' : -1;
      if (chosen >= 0 && chosen < options.size()) {
        return chosen;
      }
      dialogue.say(
          "type a letter from a to %c, ? for the formula or q to end"
              .formatted('a' + options.size() - 1));
    }
  }

  /** Asks again where the typing, not the answer, was wrong. */
  private Grade retried(Function<String, Grade> grader) throws Dialogue.Over {
    while (true) {
      String typed = answer();
      try {
        return grader.apply(typed);
      } catch (IllegalArgumentException e) {
        dialogue.say(String.valueOf(e.getMessage()));
      }
    }
  }

  private String answer() throws Dialogue.Over {
    while (true) {
      String typed = dialogue.line("");
      if (typed.equals("?")) {
        helped = true;
        dialogue.say(question.formula().text());
      } else if (!typed.isEmpty()) {
        taken = Duration.ofNanos(nanos.getAsLong() - began);
        return typed;
      }
    }
  }
}
