package dev.lockstep.simulator.sanitizer;

import dev.lockstep.simulator.execution.Warp;
import java.util.Arrays;

/** Which lane writes a cell of shared memory, of the one access that is being looked at. */
final class CellMarks {
  private static final int LANES = Warp.LANES;

  private final int cell;
  private final int shift;

  /** By cell: {@link #round} of the access that marked it last, plus the lane. */
  private final int[] marks;

  private int round;

  CellMarks(int bytes, int shift) {
    this.cell = 1 << shift;
    this.shift = shift;
    this.marks = new int[(bytes >>> shift) + 1];
  }

  /**
   * Marks what lanes write, and nothing else.
   *
   * @return whether no two of them write one cell
   */
  boolean mark(LaneOffsets lanes) {
    if (round > Integer.MAX_VALUE - 2 * LANES) {
      Arrays.fill(marks, 0);
      round = 0;
    }
    round += LANES;
    int[] at = lanes.at;
    int[] lane = lanes.lane;
    for (int next = 0; next < lanes.size(); next += cell) {
      for (int i = 0; i < LANES; i++) {
        marks[at[i] + next >>> shift] = round + lane[i];
      }
    }
    int other = 0;
    for (int next = 0; next < lanes.size(); next += cell) {
      for (int i = 0; i < LANES; i++) {
        other |= marks[at[i] + next >>> shift] ^ round + lane[i];
      }
    }
    return other == 0;
  }

  /** Whether a marked cell is one of those that others access. */
  boolean haveAny(LaneOffsets others) {
    int[] at = others.at;
    int unmarked = -1;
    for (int next = 0; next < others.size(); next += cell) {
      for (int i = 0; i < LANES; i++) {
        unmarked &= marks[at[i] + next >>> shift] - round;
      }
    }
    return unmarked >= 0;
  }

  /** Whether one is that another lane of the same warp accesses than the one that writes it. */
  boolean haveOthers(LaneOffsets others) {
    int[] at = others.at;
    int[] lane = others.lane;
    int found = 0;
    for (int next = 0; next < others.size(); next += cell) {
      for (int i = 0; i < LANES; i++) {
        int writer = marks[at[i] + next >>> shift] - round;
        int other = writer ^ lane[i];
        found |= ~writer & (other | -other);
      }
    }
    return found < 0;
  }
}
