package dev.lockstep.simulator.execution;

/**
 * {@code bar.sync}, {@code bar.arrive}: waits until all warps of the block, or as many threads as
 * it names, have come. It is aligned: all threads of a warp must execute the same one.
 */
public final class BarrierOp extends Op {
  private final int id;
  private final int threads;
  private final boolean wait;

  /**
   * @param id int register with the barrier's number, uniform
   * @param threads int register with the thread count, or −1 for the whole block
   */
  public BarrierOp(int id, int threads, boolean wait) {
    this.id = id;
    this.threads = threads;
    this.wait = wait;
  }

  @Override
  public void execute(Warp w) {
    if (!w.full && !w.groups.gather(-1)) {
      return;
    }
    int lane = w.firstLane();
    w.arriveAtBarrier(w.ints[id][lane], threads < 0 ? 0 : w.ints[threads][lane], wait);
  }

  @Override
  public boolean isBarrier() {
    return true;
  }
}
