package dev.lockstep.simulator.lowering;

import static dev.lockstep.simulator.lowering.Emitter.operand;

import dev.lockstep.ptx.Instruction;
import dev.lockstep.ptx.Operand;
import dev.lockstep.ptx.StateSpace;
import dev.lockstep.simulator.op.AsyncCopyOp;
import java.util.List;

/** {@code cp.async} without bulk or tensor forms (PTX ISA 9.7.9.25). */
final class AsyncCopyDecoder {
  private AsyncCopyDecoder() {}

  static void decode(Instruction in, Emitter e) {
    List<String> modifiers = in.modifiers();
    if (modifiers.isEmpty() || !modifiers.get(0).equals("async") || modifiers.size() < 2) {
      throw new Unsupported("only cp.async is known");
    }
    switch (modifiers.get(1)) {
      case "commit_group" -> e.emit(new AsyncCopyOp.Commit());
      case "wait_all" -> e.emit(new AsyncCopyOp.WaitAll());
      case "wait_group" -> e.emit(new AsyncCopyOp.Wait((int) literal(in, 0)));
      case "ca", "cg" -> copy(in, e);
      default -> throw new Unsupported("modifier ." + modifiers.get(1));
    }
  }

  private static void copy(Instruction in, Emitter e) {
    for (String modifier : in.modifiers().subList(2, in.modifiers().size())) {
      boolean known =
          modifier.startsWith("shared") || modifier.equals("global") || modifier.startsWith("L2::");
      if (!known || modifier.equals("L2::cache_hint")) {
        throw new Unsupported("modifier ." + modifier);
      }
    }
    int size = (int) literal(in, 2);
    if (size != 4 && size != 8 && size != 16) {
      throw new Unsupported("a copy of " + size + " bytes; 4, 8 and 16 are known");
    }
    int sourceSize = -1;
    if (in.operands().size() > 3) {
      sourceSize = e.b32(operand(in, 3)).index();
    }
    e.emit(
        new AsyncCopyOp(
            e.address(operand(in, 0), StateSpace.SHARED),
            e.address(operand(in, 1), StateSpace.GLOBAL),
            size,
            sourceSize));
  }

  private static long literal(Instruction in, int n) {
    if (operand(in, n) instanceof Operand.IntLiteral(long value)) {
      return value;
    }
    throw new Unsupported("operand " + n + " must be a literal");
  }
}
