package dev.lockstep.simulator.op;

import java.util.List;

/** An op that touches memory: the sanitizer and the counters look at its accesses beforehand. */
public interface MemoryOp {
  List<Access> accesses();
}
