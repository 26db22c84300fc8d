package dev.lockstep.grill;

import dev.lockstep.grill.lab.Question;
import java.time.Duration;
import java.util.Arrays;

/** A range of questions of like depth; four of five answered cold hold it. */
public enum Band {
  FOUNDATIONS("foundations", 1, 15, "foundations first"),
  SCREEN("training and gradients", 16, 35, "not ready for a screening yet"),
  LARGE("large models and subtleties", 36, 50, "gaps in what large models need"),
  SPEED("quick fire", 51, 60, "too slow in quick fire");

  private final String title;
  private final int first;
  private final int last;
  private final String gap;

  Band(String title, int first, int last, String gap) {
    this.title = title;
    this.first = first;
    this.last = last;
    this.gap = gap;
  }

  /** The band a question belongs to. */
  public static Band of(Question question) {
    return Arrays.stream(values())
        .filter(band -> question.number() >= band.first && question.number() <= band.last)
        .findFirst()
        .orElseThrow();
  }

  /** Questions in it. */
  public int size() {
    return last - first + 1;
  }

  /** As many of them answered cold hold the band. */
  public int held() {
    return size() * 4 / 5;
  }

  /** What is to be said where it is not held. */
  public String gap() {
    return gap;
  }

  /** How long an answer may take to count as cold. */
  public Duration time() {
    return Duration.ofSeconds(this == SPEED ? 20 : 60);
  }

  @Override
  public String toString() {
    return title;
  }
}
