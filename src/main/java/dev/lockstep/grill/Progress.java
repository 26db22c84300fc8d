package dev.lockstep.grill;

import dev.lockstep.grill.lab.Lab;
import java.time.LocalDate;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What was answered when: each question lies in one of four boxes, from which it comes back after
 * 1, 3, 7 and 21 days (Leitner 1972, "So lernt man lernen"). A right answer moves it on, a wrong
 * one back to the first.
 *
 * @param questions by their id; what was never asked is not there
 */
public record Progress(Map<String, Standing> questions) {
  /** Days until a question of box 1, 2, … is due again. */
  private static final int[] DAYS = {1, 3, 7, 21};

  /**
   * How a question stands.
   *
   * @param box from 1 to 4
   * @param due the day it comes back
   * @param wrongInARow wrong answers since the last right one
   * @param cold whether its last answer that code graded was right, in time and without help
   * @param coldBySelf the same of the last answer that was graded by the person who gave it
   */
  public record Standing(
      int box, LocalDate due, int wrongInARow, boolean cold, boolean coldBySelf) {
    public Standing {
      Objects.requireNonNull(due, "due");
      if (box < 1 || box > DAYS.length || wrongInARow < 0) {
        throw new IllegalArgumentException(
            "box %d must be from 1 to %d, wrongInARow %d at least 0"
                .formatted(box, DAYS.length, wrongInARow));
      }
    }
  }

  /** An answer. */
  public record Answered(boolean right, boolean cold, boolean judgedBySelf) {}

  public Progress {
    questions = Map.copyOf(questions);
  }

  /** Before the first question. */
  public static Progress none() {
    return new Progress(Map.of());
  }

  /** How a question stands, or null if it was never asked. */
  public @Nullable Standing of(Lab lab) {
    return questions.get(lab.question().id());
  }

  /** The same after one more answer. */
  public Progress after(Lab lab, Answered answer, LocalDate today) {
    Standing before = of(lab);
    int box = answer.right() ? before == null ? 1 : Math.min(before.box() + 1, DAYS.length) : 1;
    int wrong = answer.right() ? 0 : before == null ? 1 : before.wrongInARow() + 1;
    boolean self = answer.judgedBySelf();
    Map<String, Standing> next = new TreeMap<>(questions);
    next.put(
        lab.question().id(),
        new Standing(
            box,
            today.plusDays(DAYS[box - 1]),
            wrong,
            self ? before != null && before.cold() : answer.cold(),
            self ? answer.cold() : before != null && before.coldBySelf()));
    return new Progress(next);
  }

  /** Whether it is to be asked: never asked, or due. */
  private boolean isDue(Lab lab, LocalDate today) {
    Standing standing = of(lab);
    return standing == null || !standing.due().isAfter(today);
  }

  /** Whether it was answered wrong twice in a row: its experiment is then shown first. */
  public boolean needsShowing(Lab lab) {
    Standing standing = of(lab);
    return standing != null && standing.wrongInARow() >= 2;
  }

  /** The due ones by the day they came due, then those never asked, in the order given. */
  public List<Lab> toAsk(List<Lab> labs, LocalDate today) {
    return labs.stream()
        .filter(lab -> isDue(lab, today))
        .sorted(
            Comparator.comparing(
                lab -> {
                  Standing standing = of(lab);
                  return standing == null ? LocalDate.MAX : standing.due();
                }))
        .toList();
  }

  /** Questions of a band answered cold the last time code graded them, or one did oneself. */
  public long cold(Band band, boolean judgedBySelf) {
    return Catalogue.labs().stream()
        .filter(lab -> Band.of(lab.question()) == band)
        .map(this::of)
        .filter(each -> each != null && (judgedBySelf ? each.coldBySelf() : each.cold()))
        .count();
  }
}
