package dev.lockstep.simulator.op;

import dev.lockstep.device.DeviceFault;
import dev.lockstep.simulator.execution.Op;
import dev.lockstep.simulator.execution.Warp;
import java.util.List;
import java.util.function.LongUnaryOperator;

/** A call through a pointer, which may lead every lane to another function. */
public final class IndirectCall extends Op implements Entering {
  private final int pointer;
  private final long passedBytes;
  private final LongUnaryOperator numberOf;
  private int[] targets = {};
  private long[] frameBytes = {};

  /**
   * @param pointer long register
   * @param passedBytes what of the frame holds parameters and results, from its start on
   * @param numberOf the number of the function at an address
   */
  public IndirectCall(int pointer, long passedBytes, LongUnaryOperator numberOf) {
    this.pointer = pointer;
    this.passedBytes = passedBytes;
    this.numberOf = numberOf;
  }

  @Override
  public long passedBytes() {
    return passedBytes;
  }

  /**
   * Called once the code is laid out.
   *
   * @param pcs by the function's number; −1 for one that cannot be called here
   */
  public void link(List<Integer> pcs, List<Long> bytes) {
    targets = pcs.stream().mapToInt(Integer::intValue).toArray();
    frameBytes = bytes.stream().mapToLong(Long::longValue).toArray();
  }

  @Override
  public void execute(Warp w) {
    int[] to = w.scratchInts;
    long[] pointers = w.longs[pointer];
    int from = w.pc;
    for (int rest = w.mask; rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      long n = numberOf.applyAsLong(pointers[lane]);
      if (n < 0 || n >= targets.length || targets[(int) n] < 0) {
        throw new DeviceFault.IllegalAddress(
            "indirect call", pointers[lane], "no function of this type there", w.site(lane));
      }
      to[lane] = targets[(int) n];
      w.calls().call(w, lane, from, frameBytes[(int) n]);
    }
    w.groups.scatter(to);
  }
}
