package dev.lockstep.grill;

import dev.lockstep.grill.lab.Question;
import java.util.Arrays;

/** A range of questions of like depth; four of five answered cold hold it. */
public enum Band {
  FOUNDATIONS("foundations", 1, 15),
  SCREEN("training and gradients", 16, 35),
  LARGE("large models and subtleties", 36, 50),
  SPEED("quick fire", 51, 60);

  private final String title;
  private final int first;
  private final int last;

  Band(String title, int first, int last) {
    this.title = title;
    this.first = first;
    this.last = last;
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

  /** Seconds an answer may take to count as cold. */
  public int seconds() {
    return this == SPEED ? 20 : 60;
  }

  @Override
  public String toString() {
    return title;
  }
}
