package dev.lockstep.simulator.lowering;

import static dev.lockstep.simulator.lowering.Emitter.operand;

import dev.lockstep.ptx.Instruction;
import dev.lockstep.ptx.Operand;
import dev.lockstep.simulator.execution.Slot;
import dev.lockstep.simulator.op.ConversionLanes;
import dev.lockstep.simulator.op.Exit;
import dev.lockstep.simulator.op.Lanes1;
import dev.lockstep.simulator.op.Return;
import dev.lockstep.simulator.op.StackOps;
import dev.lockstep.simulator.op.Trap;

/** What ends a thread or the launch; branches are made by {@link KernelCompiler}. */
final class ControlDecoder {
  private ControlDecoder() {}

  static void decode(Instruction in, Emitter e) {
    switch (in.opcode()) {
      case "ret" -> e.emit(e.symbols.ofFunction() ? new Return() : new Exit());
      case "exit" -> e.emit(new Exit());
      case "trap" -> e.emit(new Trap("the kernel executed trap"));
      case "brkpt" -> e.emit(new Trap("the kernel executed a breakpoint"));
      case "alloca" -> allocate(in, e);
      case "stacksave" -> {
        onStack(e);
        e.emit(new StackOps.Save(address(in, e)));
      }
      case "stackrestore" -> {
        onStack(e);
        e.emit(new StackOps.Restore(e.b64(operand(in, 0))));
      }
      default -> throw new Unsupported("the instruction is not known");
    }
  }

  /** {@code alloca.u64 ptr, size [, alignment]}: the alignment is one that all frames have. */
  private static void allocate(Instruction in, Emitter e) {
    Decoder.allow(in);
    onStack(e);
    if (in.operands().size() == 3 && !(operand(in, 2) instanceof Operand.IntLiteral)) {
      throw new Unsupported("an alignment that is no literal");
    }
    Slot<long[]> d = address(in, e);
    e.emit(new StackOps.Allocate(d, e.b64(operand(in, 1)), e.frameAlignment));
  }

  /** A result that is an address of local memory, in 64 bits or 32. */
  private static Slot<long[]> address(Instruction in, Emitter e) {
    Operand to = operand(in, 0);
    if (Decoder.type(in).bytes() == 8) {
      return e.toB64(to);
    }
    Slot<long[]> wide = e.registers.temporaryLong();
    e.emitAfter(new Lanes1<>(ConversionLanes::longToInt, e.toB32(to), wide));
    return wide;
  }

  /** The kernel needs a stack pointer. */
  private static void onStack(Emitter e) {
    Slot<?> unused = e.registers.slot(CallDecoder.STACK_POINTER);
  }
}
