package dev.lockstep.grill.item;

import dev.lockstep.grill.evidence.Draws;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;

/**
 * Four options, one of them right.
 *
 * @param wrong three of them
 */
public record Choice(String prompt, String right, List<Wrong> wrong) implements Item {
  /**
   * A wrong option.
   *
   * @param misconception what leads there, said to those who took it
   */
  public record Wrong(String text, String misconception) {}

  /**
   * @throws IllegalArgumentException unless there are four different options
   */
  public Choice {
    wrong = List.copyOf(wrong);
    HashSet<String> texts = new HashSet<>(wrong.stream().map(Wrong::text).toList());
    texts.add(right);
    if (wrong.size() != 3 || texts.size() != 4) {
      throw new IllegalArgumentException(
          "\"%s\" needs four different options, not %s and %s".formatted(prompt, right, wrong));
    }
  }

  /** A choice whose options are texts. */
  public static Choice of(String prompt, String right, Wrong first, Wrong second, Wrong third) {
    return new Choice(prompt, right, List.of(first, second, third));
  }

  /** The options in an order drawn anew. */
  public List<String> options(Draws draws) {
    List<String> all = new ArrayList<>(List.of(right));
    wrong.forEach(option -> all.add(option.text()));
    List<String> shuffled = new ArrayList<>();
    for (int index : draws.permutation(all.size())) {
      shuffled.add(all.get(index));
    }
    return shuffled;
  }

  /** Grades the text of an option. */
  public Grade grade(String option) {
    return wrong.stream()
        .filter(each -> each.text().equals(option))
        .findFirst()
        .map(each -> Grade.ofWrong(each.misconception()))
        .orElseGet(Grade::ofRight);
  }
}
