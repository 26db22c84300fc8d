package dev.lockstep.simulator.sanitizer;

import dev.lockstep.simulator.execution.Op;
import dev.lockstep.simulator.execution.Warp;
import dev.lockstep.simulator.op.Entering;

/** A call: what the function has in its frame and its registers was never set. */
final class EnteredFunction extends Op {
  private final Op op;
  private final long passedBytes;
  private final int[] registers;

  /**
   * @param registers the numbers of the function's registers that are watched
   */
  EnteredFunction(Op op, Entering entering, int[] registers) {
    this.op = op;
    this.passedBytes = entering.passedBytes();
    this.registers = registers;
  }

  @Override
  public void execute(Warp w) {
    int lanes = w.mask;
    op.execute(w);
    BlockShadow shadow = BlockShadow.of(w);
    for (int number : registers) {
      shadow.unset.forget(w.index(), number, lanes);
    }
    for (int rest = lanes; rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      long from = w.calls().framePointer(lane) + passedBytes;
      long bytes = w.calls().stackPointer(lane) - from;
      if (bytes > 0) {
        shadow.local.clear(shadow.local.start(w, lane) + from, bytes);
      }
    }
  }
}
