package dev.lockstep.simulator.sanitizer;

import dev.lockstep.simulator.execution.CallStack;
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
    CallStack calls = w.calls();
    int rest = lanes;
    while (rest != 0) {
      int first = Integer.numberOfTrailingZeros(rest);
      long from = calls.framePointer(first) + passedBytes;
      long to = calls.stackPointer(first);
      int together = 0;
      for (int others = rest; others != 0; others &= others - 1) {
        int lane = Integer.numberOfTrailingZeros(others);
        boolean same =
            calls.framePointer(lane) + passedBytes == from && calls.stackPointer(lane) == to;
        together |= same ? 1 << lane : 0;
      }
      shadow.local.clear(w, together, from, to - from);
      rest &= ~together;
    }
  }
}
