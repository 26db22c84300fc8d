package dev.lockstep.grill.item;

/**
 * What became of an answer.
 *
 * @param why the misconception behind a wrong one, or what would have been right
 */
public record Grade(boolean right, String why) {
  /** The right answer. */
  static Grade ofRight() {
    return new Grade(true, "");
  }

  /** A wrong one. */
  static Grade ofWrong(String why) {
    return new Grade(false, why);
  }
}
