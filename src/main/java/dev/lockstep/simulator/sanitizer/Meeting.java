package dev.lockstep.simulator.sanitizer;

import dev.lockstep.simulator.execution.MeetingOp;
import dev.lockstep.simulator.execution.Op;
import dev.lockstep.simulator.execution.Warp;

/**
 * A {@code .sync} operation of a warp: what its lanes did before comes before what they do next.
 */
final class Meeting extends Op {
  private final Op op;

  /** Int register with the member masks, or −1 for all lanes. */
  private final int members;

  /**
   * @param plain the op with nothing put around it
   */
  Meeting(Op op, Op plain) {
    this.op = op;
    this.members = plain instanceof MeetingOp meeting ? meeting.members() : -1;
  }

  @Override
  public void execute(Warp w) {
    BlockShadow shadow = BlockShadow.of(w);
    if (shadow.shared == null) {
      op.execute(w);
      return;
    }
    if (members >= 0) {
      shadow.gather(w.ints[members]);
    }
    op.execute(w);
    if (w.mask == 0) {
      // Others are still to come; whoever comes last executes this again for all.
      return;
    }
    if (members >= 0) {
      shadow.meet(w);
    } else {
      shadow.meetAll(w);
    }
  }
}
