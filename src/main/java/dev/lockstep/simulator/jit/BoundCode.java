package dev.lockstep.simulator.jit;

import dev.lockstep.simulator.execution.Warp;
import java.util.List;

/** Code and what registers it works on in one place of a kernel. */
final class BoundCode {
  private final LaneCode code;
  private final List<Place> registers;
  private final int[] numbers;

  BoundCode(LaneCode code, List<Place> registers) {
    this.code = code;
    this.registers = registers;
    this.numbers = registers.stream().mapToInt(Place::index).toArray();
  }

  LaneCode code() {
    return code;
  }

  /** The places of its registers in their files. */
  int[] numbers() {
    return numbers;
  }

  void run(Warp w) {
    code.run(w, numbers);
  }

  void rehearse(Sample sample) {
    if (code.needsRehearsal()) {
      new Rehearsal(code, registers, sample).run();
    }
  }
}
