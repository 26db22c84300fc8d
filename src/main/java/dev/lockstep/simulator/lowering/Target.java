package dev.lockstep.simulator.lowering;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The architecture a module is written for: {@code sm_90a}.
 *
 * @param number of it, 90 here; 0 where the name has none
 * @param suffix {@code a} or {@code f}, or nothing
 */
record Target(int number, String suffix) {
  private static final Pattern NAME = Pattern.compile("sm_(\\d{2,3})([af]?)");

  static Target of(String name) {
    Matcher matcher = NAME.matcher(name);
    return matcher.matches()
        ? new Target(Integer.parseInt(matcher.group(1)), matcher.group(2))
        : new Target(0, "");
  }

  /** Whether it has what only the first of the Blackwell GPUs do, and only by a name of theirs. */
  boolean isOfBlackwellFamily() {
    return number >= 100 && number <= 103 && !suffix.isEmpty();
  }
}
