package dev.lockstep.grill.evidence;

/** What an experiment makes of the answer that is commonly given. */
public enum Verdict {
  /** It is right. */
  CONFIRMED("confirmed"),
  /** It is right, and the experiment shows where it is loose. */
  CORRECTED("confirmed with correction"),
  /** Taken at its word it is wrong: there is a counterexample. */
  REFUTED("refuted as stated"),
  /** At this size chance is larger than the effect. */
  UNDECIDED("not decidable here");

  private final String words;

  Verdict(String words) {
    this.words = words;
  }

  @Override
  public String toString() {
    return words;
  }
}
