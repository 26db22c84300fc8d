package dev.lockstep.simulator.op;

import dev.lockstep.simulator.execution.Op;
import dev.lockstep.simulator.execution.Slot;
import dev.lockstep.simulator.execution.Warp;

/** An instruction that computes each lane of its result from the same lane of four registers. */
public final class Lanes4<D, A, B, C, E> extends Op {
  /** Computes all 32 lanes; {@code d} may be the same array as a source. */
  @FunctionalInterface
  public interface Function<D, A, B, C, E> {
    void apply(D d, A a, B b, C c, E e);
  }

  private final Function<D, A, B, C, E> function;
  private final int fileD;
  private final int d;
  private final int fileA;
  private final int a;
  private final int fileB;
  private final int b;
  private final int fileC;
  private final int c;
  private final int fileE;
  private final int e;

  public Lanes4(
      Function<D, A, B, C, E> function, Slot<D> d, Slot<A> a, Slot<B> b, Slot<C> c, Slot<E> e) {
    this.function = function;
    this.fileD = d.file();
    this.d = d.index();
    this.fileA = a.file();
    this.a = a.index();
    this.fileB = b.file();
    this.b = b.index();
    this.fileC = c.file();
    this.c = c.index();
    this.fileE = e.file();
    this.e = e.index();
  }

  @Override
  @SuppressWarnings("unchecked") // A slot's type is the array type of its file.
  public void execute(Warp w) {
    function.apply(
        (D) w.target(fileD, d),
        (A) w.files[fileA][a],
        (B) w.files[fileB][b],
        (C) w.files[fileC][c],
        (E) w.files[fileE][e]);
    w.keep(fileD, d);
  }
}
