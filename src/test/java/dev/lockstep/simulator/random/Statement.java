package dev.lockstep.simulator.random;

import java.util.List;
import java.util.function.Consumer;

/** A piece of a random program: PTX text and what it does to one thread. */
sealed interface Statement {
  void execute(ThreadState t);

  /**
   * One instruction.
   *
   * @param ptx without guard and semicolon
   * @param guard the predicate it runs under, or −1
   */
  record Simple(String ptx, Consumer<ThreadState> effect, int guard, boolean negated)
      implements Statement {
    @Override
    public void execute(ThreadState t) {
      if (guard < 0 || t.p[guard] != negated) {
        effect.accept(t);
      }
    }

    String text() {
      String prefix = guard < 0 ? "" : "@" + (negated ? "!" : "") + "%p" + guard + " ";
      return prefix + ptx + ";\n";
    }
  }

  /** {@code if (p) … else …}. */
  record If(int predicate, List<Statement> then, List<Statement> otherwise) implements Statement {
    @Override
    public void execute(ThreadState t) {
      (t.p[predicate] ? then : otherwise).forEach(s -> s.execute(t));
    }
  }

  /** Repeats as often as the two lowest bits of a register say when it begins, and once more. */
  record Loop(int register, List<Statement> body) implements Statement {
    @Override
    public void execute(ThreadState t) {
      int times = (t.r[register] & 3) + 1;
      for (int i = 0; i < times; i++) {
        body.forEach(s -> s.execute(t));
      }
    }
  }
}
