package dev.lockstep.simulator.jit;

import dev.lockstep.simulator.execution.Warp;

/** Code and what registers it works on in one place of a kernel. */
@SuppressWarnings("ArrayRecordComponent") // Never compared.
record BoundCode(LaneCode code, int[] registers) {
  void run(Warp w) {
    code.run(w, registers);
  }
}
