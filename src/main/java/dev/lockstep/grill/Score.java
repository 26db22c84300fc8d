package dev.lockstep.grill;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;

/**
 * What cold answers add up to: right at once, in time and without help. What one grades oneself is
 * counted apart and decides nothing.
 */
public record Score(Progress progress) {
  /** So many of all sixty answered cold are the target. */
  public static final int TARGET = 40;

  /** So many of the first fifty. */
  public static final int TARGET_OF_FIFTY = 35;

  /** Questions of a band answered cold. */
  public Count of(Band band) {
    return count(band, band.held(), each -> each == band);
  }

  /** Of all but the quick fire. */
  public Count firstFifty() {
    return count("questions 1 to 50", TARGET_OF_FIFTY, band -> band != Band.SPEED);
  }

  /** Of all questions. */
  public Count all() {
    return count("all questions", TARGET, band -> true);
  }

  private Count count(Object name, int needed, Predicate<Band> bands) {
    List<Band> taken = Arrays.stream(Band.values()).filter(bands).toList();
    return new Count(
        name.toString(),
        taken.stream().mapToLong(band -> progress.cold(band, false)).sum(),
        taken.stream().mapToLong(band -> progress.cold(band, true)).sum(),
        taken.stream().mapToInt(Band::size).sum(),
        needed);
  }

  /** What follows: the bands that are not held, in their order, and whether the target is met. */
  public List<String> verdicts() {
    List<String> all = new ArrayList<>();
    for (Band band : Band.values()) {
      if (!of(band).isMet()) {
        all.add(band.gap());
      }
    }
    all.add(
        all().isMet() ? "target met" : "%d more to the target".formatted(TARGET - all().cold()));
    return all;
  }

  /**
   * Cold answers among some questions.
   *
   * @param cold graded by code
   * @param bySelf graded by the person who answered
   * @param size of the questions
   * @param needed as many cold answers are enough
   */
  public record Count(String name, long cold, long bySelf, int size, int needed) {
    /** Whether there are enough. */
    public boolean isMet() {
      return cold >= needed;
    }
  }
}
