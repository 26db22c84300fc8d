package dev.lockstep.simulator.execution;

/** What a block has printed. */
final class Printout {
  /** Characters a block may print. */
  private static final int MOST = 16 << 20;

  private final StringBuilder text = new StringBuilder();

  /** Whether there was room for it. */
  boolean add(String more) {
    if (text.length() + more.length() > MOST) {
      return false;
    }
    text.append(more);
    return true;
  }

  /** All since it was taken last. */
  String take() {
    if (text.isEmpty()) {
      return "";
    }
    String taken = text.toString();
    text.setLength(0);
    return taken;
  }
}
