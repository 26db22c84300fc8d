package dev.lockstep.simulator.op;

import dev.lockstep.simulator.execution.Op;
import dev.lockstep.simulator.execution.Slot;
import dev.lockstep.simulator.execution.Warp;

/** {@code setp}: compares two registers into a predicate. */
public final class Compare<A> extends Op {
  /** One bit per lane. */
  @FunctionalInterface
  public interface Test<A> {
    int bits(A a, A b);
  }

  private final Test<A> test;
  private final boolean complement;
  private final int d;
  private final int file;
  private final int a;
  private final int b;

  /**
   * @param complement whether the lanes where the test fails are meant
   * @param d the predicate
   */
  public Compare(Test<A> test, boolean complement, int d, Slot<A> a, Slot<A> b) {
    this.test = test;
    this.complement = complement;
    this.d = d;
    this.file = a.file();
    this.a = a.index();
    this.b = b.index();
  }

  @Override
  @SuppressWarnings("unchecked") // A slot's type is the array type of its file.
  public void execute(Warp w) {
    Object[] registers = w.files[file];
    int bits = test.bits((A) registers[a], (A) registers[b]);
    w.keepPredicate(d, complement ? ~bits : bits);
  }
}
