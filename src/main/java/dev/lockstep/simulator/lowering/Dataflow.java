package dev.lockstep.simulator.lowering;

import dev.lockstep.ptx.Instruction;
import dev.lockstep.ptx.Register;
import java.util.function.Consumer;

/** Which registers an instruction sets and reads. */
public final class Dataflow {
  private Dataflow() {}

  /** The registers it sets, under its guard or not. */
  public static void definitions(Instruction in, Consumer<Register> set) {
    Liveness.definitions(Step.of(in, Step.Kind.PLAIN), set);
  }

  /** The registers it reads, its guard's among them. */
  public static void uses(Instruction in, Consumer<Register> use) {
    Liveness.uses(Step.of(in, Step.Kind.PLAIN), use);
  }
}
