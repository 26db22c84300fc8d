package dev.lockstep.grill;

import dev.lockstep.grill.item.Choice;
import dev.lockstep.grill.item.Item;
import dev.lockstep.grill.item.Recall;
import java.util.OptionalDouble;

/**
 * What became of the questions of one sitting, those graded by code apart from those one grades
 * oneself.
 *
 * @param right of those graded by code
 * @param asked of those graded by code
 * @param choices how many of these were choices of four
 * @param rightBySelf of those one grades oneself
 * @param askedBySelf how many one graded oneself
 */
public record Sitting(int right, int asked, int choices, int rightBySelf, int askedBySelf) {
  /** Wrong options beside each right one. */
  private static final int WRONG_OPTIONS = 3;

  /** Before the first question. */
  public static Sitting none() {
    return new Sitting(0, 0, 0, 0, 0);
  }

  /** The same after one more answer. */
  public Sitting after(Item item, boolean answeredRight) {
    int one = answeredRight ? 1 : 0;
    return item instanceof Recall
        ? new Sitting(right, asked, choices, rightBySelf + one, askedBySelf + 1)
        : new Sitting(
            right + one,
            asked + 1,
            choices + (item instanceof Choice ? 1 : 0),
            rightBySelf,
            askedBySelf);
  }

  /**
   * Right answers less a third of the wrong ones, which is 0 on average for those who guess; only
   * where all that code graded were choices of four.
   */
  public OptionalDouble correctedForGuessing() {
    return asked > 0 && choices == asked
        ? OptionalDouble.of(right - (asked - right) / (double) WRONG_OPTIONS)
        : OptionalDouble.empty();
  }
}
