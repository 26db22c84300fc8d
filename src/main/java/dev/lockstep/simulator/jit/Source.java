package dev.lockstep.simulator.jit;

import java.util.List;

/** What an instruction reads. */
public sealed interface Source
    permits Place, Source.Not, Source.Literal, Source.Elsewhere, Source.Bits {
  /** The complement of a predicate. */
  record Not(Place predicate) implements Source {}

  /**
   * What other lanes have in a register. The run that reads it has not written the register yet.
   *
   * @param lanes by lane, the one whose value it is
   */
  record Elsewhere(Place place, List<Integer> lanes) implements Source {
    /**
     * By how much the lanes' numbers differ, as exclusive or; 0 when it is not the same for all.
     */
    public int distance() {
      int distance = lanes.getFirst();
      for (int i = 0; i < lanes.size(); i++) {
        if (lanes.get(i) != (i ^ distance)) {
          return 0;
        }
      }
      return distance;
    }
  }

  /** A predicate known beforehand, one bit per lane. */
  record Bits(int lanes) implements Source {}

  /**
   * A constant as written: its bits if an integer was, its value if a float was.
   *
   * @param floating whether {@code value} counts, else {@code bits}
   */
  record Literal(boolean floating, long bits, double value) implements Source {}
}
