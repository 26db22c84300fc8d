package dev.lockstep.simulator.execution;

import dev.lockstep.device.DeviceFault;
import dev.lockstep.device.FaultSite;
import java.util.ArrayList;
import java.util.List;

/** What to report of a warp whose lanes all wait, and none for what can still come. */
final class StuckLanes {
  private final Warp warp;
  private final Aside aside;

  StuckLanes(Warp warp, Aside aside) {
    this.warp = warp;
    this.aside = aside;
  }

  DeviceFault fault() {
    List<String> waiting = new ArrayList<>();
    boolean meeting = true;
    boolean together = true;
    LaneGroup atBarrier = null;
    for (int i = 0; i < aside.count(); i++) {
      LaneGroup group = aside.get(i);
      waiting.addAll(words(group));
      meeting &= group.meeting != null;
      together &= group.meeting == null;
      atBarrier = atBarrier == null && warp.code[group.pc].isBarrier() ? group : atBarrier;
    }
    String text = String.join(", ", waiting);
    if (atBarrier != null) {
      return new DeviceFault.BarrierDivergence(
          "the lanes of a warp wait in different places: " + text, site(atBarrier));
    }
    return new DeviceFault.Deadlock(
        "the lanes of a warp wait for each other: "
            + text
            + (meeting ? "; lanes meet where opcode, qualifiers and member mask are the same" : "")
            + (together ? "; all lanes of a warp must execute the same such instruction" : ""),
        site(aside.get(0)));
  }

  /** Where lanes are, and whom they wait for if they could say. */
  private List<String> words(LaneGroup group) {
    List<String> words = new ArrayList<>();
    int rest = group.lanes;
    while (rest != 0) {
      int lanes = group.meeting == null ? rest : sameMask(rest);
      String mask =
          group.meeting == null
              ? ""
              : " with member mask 0x%08x"
                  .formatted(warp.meetings.members(Integer.numberOfTrailingZeros(rest)));
      words.add(
          "lanes " + Integer.toHexString(lanes) + " " + warp.cta.kernel.where(group.pc) + mask);
      rest &= ~lanes;
    }
    return words;
  }

  /** The lanes that wait for the same ones as the first. */
  private int sameMask(int lanes) {
    int same = 0;
    int mask = warp.meetings.members(Integer.numberOfTrailingZeros(lanes));
    for (int rest = lanes; rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      same |= warp.meetings.members(lane) == mask ? 1 << lane : 0;
    }
    return same;
  }

  private FaultSite site(LaneGroup group) {
    return warp.cta.site(warp, group.first(), group.pc);
  }
}
