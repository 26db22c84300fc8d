package dev.lockstep.simulator.op;

import dev.lockstep.simulator.execution.Op;
import dev.lockstep.simulator.execution.Slot;
import dev.lockstep.simulator.execution.Warp;

/** An instruction that computes each lane of its result from the same lane of one register. */
public final class Lanes1<D, A> extends Op {
  /** Computes all 32 lanes; {@code d} may be the same array as a source. */
  @FunctionalInterface
  public interface Function<D, A> {
    void apply(D d, A a);
  }

  private final Function<D, A> function;
  private final int fileD;
  private final int d;
  private final int fileA;
  private final int a;

  public Lanes1(Function<D, A> function, Slot<D> d, Slot<A> a) {
    this.function = function;
    this.fileD = d.file();
    this.d = d.index();
    this.fileA = a.file();
    this.a = a.index();
  }

  @Override
  @SuppressWarnings("unchecked") // A slot's type is the array type of its file.
  public void execute(Warp w) {
    function.apply((D) w.target(fileD, d), (A) w.files[fileA][a]);
    w.keep(fileD, d);
  }
}
