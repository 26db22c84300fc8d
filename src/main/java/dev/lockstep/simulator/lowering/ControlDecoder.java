package dev.lockstep.simulator.lowering;

import dev.lockstep.ptx.Instruction;
import dev.lockstep.simulator.op.Exit;
import dev.lockstep.simulator.op.Trap;

/** What ends a thread or the launch; branches are made by {@link KernelCompiler}. */
final class ControlDecoder {
  private ControlDecoder() {}

  static void decode(Instruction in, Emitter e) {
    switch (in.opcode()) {
      case "ret", "exit" -> e.emit(new Exit());
      case "trap" -> e.emit(new Trap("the kernel executed trap"));
      case "brkpt" -> e.emit(new Trap("the kernel executed a breakpoint"));
      default -> throw new Unsupported("the instruction is not known");
    }
  }
}
