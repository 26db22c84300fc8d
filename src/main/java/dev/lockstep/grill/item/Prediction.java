package dev.lockstep.grill.item;

import dev.lockstep.grill.evidence.Findings;
import java.util.List;
import java.util.function.ToIntFunction;

/**
 * A guess at what an experiment will find, made before it runs and graded against its numbers.
 *
 * @param options decades, signs or orders
 * @param outcome which of them the findings bear out
 */
public record Prediction(String prompt, List<String> options, ToIntFunction<Findings> outcome)
    implements Item {
  public Prediction {
    options = List.copyOf(options);
  }

  /** Grades the option of that index. */
  public Grade grade(int guessed, Findings findings) {
    int right = outcome.applyAsInt(findings);
    return guessed == right
        ? Grade.ofRight()
        : Grade.ofWrong("the experiment found: " + options.get(right));
  }
}
