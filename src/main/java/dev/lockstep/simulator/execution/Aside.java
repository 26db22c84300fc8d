package dev.lockstep.simulator.execution;

/** The groups of a warp's lanes beside the one that runs, whoever came first in front. */
final class Aside {
  private final LaneGroup[] groups = new LaneGroup[Warp.LANES + 1];
  private int count;

  Aside() {
    for (int i = 0; i < groups.length; i++) {
      groups[i] = new LaneGroup();
    }
  }

  void clear() {
    count = 0;
  }

  int count() {
    return count;
  }

  LaneGroup get(int i) {
    return groups[i];
  }

  /** These lanes can run, but do not. */
  LaneGroup add(int pc, int lanes) {
    LaneGroup group = groups[count++];
    group.place(pc, lanes);
    return group;
  }

  /** These lanes wait for others. */
  LaneGroup park(int pc, int lanes) {
    LaneGroup group = add(pc, lanes);
    group.parked = true;
    return group;
  }

  /** Takes out the lanes that wait at an instruction. */
  int takeParked(int pc) {
    int taken = 0;
    for (int i = 0; i < count; i++) {
      if (groups[i].parked && groups[i].pc == pc) {
        taken |= groups[i].lanes;
        remove(i--);
      }
    }
    return taken;
  }

  /** Keeps the order, so that rotation takes turns. */
  void remove(int i) {
    LaneGroup gone = groups[i];
    count--;
    System.arraycopy(groups, i + 1, groups, i, count - i);
    groups[count] = gone;
  }
}
