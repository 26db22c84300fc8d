package dev.lockstep.simulator.op;

import dev.lockstep.simulator.execution.Op;
import dev.lockstep.simulator.execution.Slot;
import dev.lockstep.simulator.execution.Warp;

/** {@code selp}: one of two registers, by predicate. */
public final class Select<A> extends Op {
  /** Lane by lane, a where the bit is set, else b. */
  @FunctionalInterface
  public interface Function<A> {
    void apply(A d, A a, A b, int bits);
  }

  private final Function<A> function;
  private final int file;
  private final int d;
  private final int a;
  private final int b;
  private final int predicate;

  public Select(Function<A> function, Slot<A> d, Slot<A> a, Slot<A> b, int predicate) {
    this.function = function;
    this.file = d.file();
    this.d = d.index();
    this.a = a.index();
    this.b = b.index();
    this.predicate = predicate;
  }

  @Override
  @SuppressWarnings("unchecked") // A slot's type is the array type of its file.
  public void execute(Warp w) {
    Object[] registers = w.files[file];
    function.apply(
        (A) w.target(file, d), (A) registers[a], (A) registers[b], w.predicates[predicate]);
    w.keep(file, d);
  }
}
