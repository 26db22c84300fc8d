package dev.lockstep.simulator.sanitizer;

import dev.lockstep.simulator.execution.Op;
import dev.lockstep.simulator.execution.Warp;
import dev.lockstep.simulator.op.Access;
import dev.lockstep.simulator.op.MemoryOp;
import java.util.List;

/** An op whose accesses are checked before it is executed. */
final class CheckedOp extends Op implements MemoryOp {
  private final Op op;
  private final Check[] checks;
  private final List<Access> accesses;
  private final boolean gathers;
  private final int lanes;

  CheckedOp(Op op, List<Check> checks, List<Access> accesses) {
    this.op = op;
    this.checks = checks.toArray(Check[]::new);
    this.accesses = accesses;
    this.gathers = accesses.getFirst().gathers();
    this.lanes = accesses.getFirst().lanes();
  }

  @Override
  public void execute(Warp w) {
    if (gathers && !w.full && !w.groups.gather()) {
      return;
    }
    for (Check check : checks) {
      check.check(w, w.mask & lanes);
    }
    op.execute(w);
  }

  @Override
  public List<Access> accesses() {
    return accesses;
  }
}
