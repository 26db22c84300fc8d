package dev.lockstep.grill.item;

import java.util.List;

/**
 * An answer in one's own words, which the asked person holds to a few points afterwards.
 *
 * @param points two to four, each to be ticked
 */
public record Recall(String prompt, List<String> points) implements Item {
  /** The share of points an answer must have. */
  private static final double ENOUGH = 0.75;

  public Recall {
    points = List.copyOf(points);
  }

  /** Grades an answer that had so many of the points. */
  public Grade grade(int ticked) {
    return ticked >= ENOUGH * points.size()
        ? Grade.ofRight()
        : Grade.ofWrong("%d of %d points".formatted(ticked, points.size()));
  }
}
