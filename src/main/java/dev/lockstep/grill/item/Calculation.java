package dev.lockstep.grill.item;

import dev.lockstep.grill.evidence.Draws;
import dev.lockstep.grill.evidence.Numeral;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A number, or several, that a formula gives for parameters drawn anew; asked for as it is or
 * {@linkplain #asChoice as a choice}.
 *
 * @param answer what the formula gives
 * @param closeness how near to it an answer must be
 * @param slips what other formulas give, three or more
 */
public record Calculation(String prompt, List<Double> answer, Closeness closeness, List<Slip> slips)
    implements Item {
  /** A slip this near to the answer could not be told from it. */
  private static final double APART = 0.1;

  /** Of one generator; most need one or two. */
  private static final int DRAWS = 1000;

  /** How near an answer must be. */
  public enum Closeness {
    /** The very number: counts, fractions, small integers. */
    EXACT(1e-9),
    /** Two per cent: what two or three digits give. */
    NEAR(0.02),
    /** Five per cent: where a power of ten is what matters. */
    DECADES(0.05);

    private final double relative;

    Closeness(double relative) {
      this.relative = relative;
    }

    boolean accepts(double typed, double answer) {
      return typed == answer
          || (Double.isFinite(answer) && Math.abs(typed - answer) <= relative * Math.abs(answer));
    }
  }

  /**
   * A wrong formula's numbers.
   *
   * @param misconception what leads to the formula
   */
  public record Slip(List<Double> values, String misconception) {
    public Slip {
      values = List.copyOf(values);
    }
  }

  public Calculation {
    answer = List.copyOf(answer);
    slips = List.copyOf(slips);
  }

  /** A calculation of one number. */
  public static Calculation of(String prompt, double answer, Closeness closeness) {
    return new Calculation(prompt, List.of(answer), closeness, List.of());
  }

  /** A calculation of several numbers. */
  public static Calculation of(String prompt, List<Double> answer) {
    return new Calculation(prompt, answer, Closeness.NEAR, List.of());
  }

  /** The same with one more slip. */
  public Calculation slip(double value, String misconception) {
    return slip(List.of(value), misconception);
  }

  /** The same with one more slip. */
  public Calculation slip(List<Double> values, String misconception) {
    List<Slip> more = new ArrayList<>(slips);
    more.add(new Slip(values, misconception));
    return new Calculation(prompt, answer, closeness, more);
  }

  /**
   * The first of a generator's draws whose slips can be told from the answer.
   *
   * @throws IllegalStateException when there is none among a thousand
   */
  public static Calculation draw(Draws draws, Function<Draws, Calculation> generator) {
    for (int i = 0; i < DRAWS; i++) {
      Calculation drawn = generator.apply(draws);
      if (drawn.tellsApart()) {
        return drawn;
      }
    }
    throw new IllegalStateException(
        "no draw keeps its slips apart: " + generator.apply(draws).prompt());
  }

  /**
   * Whether there are three slips or more, none near the answer, and none taken for another or
   * written like it.
   */
  public boolean tellsApart() {
    Set<String> texts = new HashSet<>();
    texts.add(text(answer));
    return slips.size() >= 3
        && slips.stream()
            .allMatch(
                slip ->
                    texts.add(text(slip.values()))
                        && apart(slip)
                        && taken(slip.values()).filter(slip::equals).isPresent());
  }

  /** The slip some numbers are taken for. */
  private Optional<Slip> taken(List<Double> values) {
    return slips.stream().filter(slip -> near(values, slip.values())).findFirst();
  }

  private boolean apart(Slip slip) {
    return IntStream.range(0, answer.size())
        .anyMatch(
            i -> {
              double right = answer.get(i);
              double wrong = slip.values().get(i);
              boolean bothFinite = Double.isFinite(right) && Double.isFinite(wrong);
              return bothFinite
                  ? Math.abs(wrong - right) > APART * Math.abs(right)
                  : wrong != right;
            });
  }

  /** The same as a choice of four. */
  public Choice asChoice() {
    return new Choice(
        prompt,
        text(answer),
        slips.stream()
            .limit(3)
            .map(slip -> new Choice.Wrong(text(slip.values()), slip.misconception()))
            .toList());
  }

  /** The right answer as it is written. */
  public String right() {
    return text(answer);
  }

  /**
   * Grades what was typed: {@code 0.25}, {@code 1e-3}, {@code 2/3}, {@code 2^-20}, {@code inf}, or
   * several of these in parentheses or with commas between.
   *
   * @throws IllegalArgumentException when it is no such thing; the message says what is
   */
  public Grade grade(String typed) {
    List<Double> values = TypedNumber.list(typed, answer.size());
    if (near(values, answer)) {
      return Grade.ofRight();
    }
    return taken(values)
        .map(slip -> Grade.ofWrong(slip.misconception()))
        .orElseGet(() -> Grade.ofWrong("right is " + right()));
  }

  private boolean near(List<Double> typed, List<Double> expected) {
    return IntStream.range(0, expected.size())
        .allMatch(i -> closeness.accepts(typed.get(i), expected.get(i)));
  }

  private static String text(List<Double> values) {
    String all = values.stream().map(Numeral::text).collect(Collectors.joining(", "));
    return values.size() == 1 ? all : "(" + all + ")";
  }
}
