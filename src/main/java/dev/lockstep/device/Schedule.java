package dev.lockstep.device;

/**
 * In which order the simulator lets warps, and lanes of a warp that went different ways, take
 * turns. Correct kernels give the same result in every order; one that lacks a barrier may not.
 *
 * @param random whether turns are drawn; otherwise everything takes turns in order
 * @param seed of the draw; the same seed gives the same order on any number of threads
 */
public record Schedule(boolean random, long seed) {
  /** Warps in order, each until it has to wait. */
  public static final Schedule IN_ORDER = new Schedule(false, 0);

  /** A drawn order. */
  public static Schedule random(long seed) {
    return new Schedule(true, seed);
  }

  /**
   * {@code in-order} or {@code random:SEED}.
   *
   * @throws IllegalArgumentException for anything else
   */
  public static Schedule parse(String text) {
    if (text.equals("in-order")) {
      return IN_ORDER;
    }
    return random(Seeded.seed(text, "random", "in-order"));
  }

  @Override
  public String toString() {
    return random ? "random:" + seed : "in-order";
  }
}
