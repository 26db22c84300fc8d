package dev.lockstep.simulator.sanitizer;

import dev.lockstep.simulator.execution.LaneAddresses;
import dev.lockstep.simulator.execution.Warp;

/** An entry of {@link ReadLog}: what the lanes of a warp read at once. */
final class LoggedRead {
  private static final int LANES = Warp.LANES;
  private static final int HALF = LANES / 2;

  private final LaneOffsets lanes = new LaneOffsets();

  /** Whether {@link #lanes} are to be made from the steps of the two halves, once asked for. */
  private boolean stepped;

  /** Whether that was done, or need not be. */
  private boolean placed;

  private int first;
  private int lower;
  private int middle;
  private int upper;

  private int size;
  private int low;
  private int end;
  private int time;
  private int site;

  void set(LaneOffsets read, int when, int where) {
    lanes.copy(read);
    stepped = false;
    placed = true;
    size = read.size();
    low = read.low();
    end = read.end();
    time = when;
    site = where;
  }

  /** Of a full warp whose addresses have been looked at and go in equal steps, in each half. */
  void set(LaneAddresses read, int offset, int bytes, int when, int where) {
    first = (int) read.first() + offset;
    lower = (int) read.lowerStride();
    middle = (int) read.middle() + offset;
    upper = (int) read.upperStride();
    stepped = true;
    placed = false;
    size = bytes;
    low = (int) read.low() + offset;
    end = (int) read.high() + offset + bytes;
    time = when;
    site = where;
  }

  /** When it was read. */
  int time() {
    return time;
  }

  /** Whether it may lie where others access something. */
  boolean overlaps(LaneOffsets others) {
    return others.low() < end && others.end() > low;
  }

  LaneOffsets lanes() {
    if (!placed) {
      lanes.place(first, lower, middle, upper, size);
      placed = true;
    }
    return lanes;
  }

  void drain(int warp, ReadLog.Sink sink) {
    if (!stepped) {
      sink.lanes(warp, lanes, time, site);
    } else if (lower == upper && middle == first + HALF * lower) {
      sink.row(warp, first, lower, 0, LANES, size, time, site);
    } else {
      sink.row(warp, first, lower, 0, HALF, size, time, site);
      sink.row(warp, middle, upper, HALF, HALF, size, time, site);
    }
  }
}
