package dev.lockstep.simulator.op;

import dev.lockstep.simulator.execution.Op;
import dev.lockstep.simulator.execution.Slot;
import dev.lockstep.simulator.execution.Warp;

/** An instruction that computes each lane of its result from the same lane of two registers. */
public final class Lanes2<D, A, B> extends Op {
  /** Computes all 32 lanes; {@code d} may be the same array as a source. */
  @FunctionalInterface
  public interface Function<D, A, B> {
    void apply(D d, A a, B b);
  }

  private final Function<D, A, B> function;
  private final int fileD;
  private final int d;
  private final int fileA;
  private final int a;
  private final int fileB;
  private final int b;

  public Lanes2(Function<D, A, B> function, Slot<D> d, Slot<A> a, Slot<B> b) {
    this.function = function;
    this.fileD = d.file();
    this.d = d.index();
    this.fileA = a.file();
    this.a = a.index();
    this.fileB = b.file();
    this.b = b.index();
  }

  @Override
  @SuppressWarnings("unchecked") // A slot's type is the array type of its file.
  public void execute(Warp w) {
    function.apply((D) w.target(fileD, d), (A) w.files[fileA][a], (B) w.files[fileB][b]);
    w.keep(fileD, d);
  }
}
