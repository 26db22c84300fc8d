package dev.lockstep.simulator.op;

import dev.lockstep.simulator.execution.Op;
import dev.lockstep.simulator.execution.Warp;

/** Logic on predicates: bits of 32 lanes at once. */
public final class PredicateOp extends Op {
  /** The operations. */
  public enum Kind {
    MOVE,
    NOT,
    AND,
    OR,
    XOR,
    TRUE,
    FALSE
  }

  private final Kind kind;
  private final int d;
  private final int a;
  private final int b;

  /** Sources a kind does not use are ignored. */
  public PredicateOp(Kind kind, int d, int a, int b) {
    this.kind = kind;
    this.d = d;
    this.a = a;
    this.b = b;
  }

  @Override
  public void execute(Warp w) {
    int[] p = w.predicates;
    w.keepPredicate(
        d,
        switch (kind) {
          case MOVE -> p[a];
          case NOT -> ~p[a];
          case AND -> p[a] & p[b];
          case OR -> p[a] | p[b];
          case XOR -> p[a] ^ p[b];
          case TRUE -> -1;
          case FALSE -> 0;
        });
  }
}
