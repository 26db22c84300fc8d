package dev.lockstep.simulator.lowering;

import static dev.lockstep.simulator.lowering.Emitter.operand;

import dev.lockstep.ptx.Instruction;
import dev.lockstep.ptx.Operand;
import dev.lockstep.ptx.Register;
import dev.lockstep.ptx.ScalarType;
import dev.lockstep.ptx.StateSpace;
import dev.lockstep.simulator.execution.Slot;
import dev.lockstep.simulator.op.AsyncCopyOp;
import dev.lockstep.simulator.op.IntLanes;
import dev.lockstep.simulator.op.Select;
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
      switch (modifier) {
        case "shared", "shared::cta", "global" -> {}
        case "L2::cache_hint", "L2::64B", "L2::128B", "L2::256B" -> {}
        default -> throw new Unsupported("modifier ." + modifier);
      }
    }
    if (!in.has("global") || !in.has("shared") && !in.has("shared::cta")) {
      throw new Unsupported("a copy that is not from .global to .shared");
    }
    int size = (int) literal(in, 2);
    if (size != 4 && size != 8 && size != 16) {
      throw new Unsupported("a copy of " + size + " bytes; 4, 8 and 16 are known");
    }
    if (in.has("cg") && size != 16) {
      throw new Unsupported("a copy of " + size + " bytes past the first cache; 16 are known");
    }
    e.emit(
        new AsyncCopyOp(
            AddressOperand.of(operand(in, 0), StateSpace.SHARED, e),
            AddressOperand.of(operand(in, 1), StateSpace.GLOBAL, e),
            size,
            sourceSize(in, e, size)));
  }

  /**
   * How many bytes are read, or −1 for all: a register with their number, or a predicate under
   * which none are. The cache policy that may follow changes nothing.
   */
  private static int sourceSize(Instruction in, Emitter e, int size) {
    int given = in.operands().size() - (in.has("L2::cache_hint") ? 1 : 0);
    if (given == 3) {
      return -1;
    }
    if (given != 4) {
      throw new Unsupported(in.operands().size() + " operands");
    }
    Operand operand = operand(in, 3);
    boolean ignores =
        operand instanceof Operand.Not
            || operand instanceof Operand.Reg(Register r) && r.type() == ScalarType.PRED;
    if (!ignores) {
      return e.b32(operand).index();
    }
    Slot<int[]> bytes = e.registers.temporaryInt();
    Slot<int[]> none = e.registers.constant(0);
    e.emit(
        new Select<>(
            IntLanes::select, bytes, none, e.registers.constant(size), e.predicate(operand)));
    return bytes.index();
  }

  private static long literal(Instruction in, int n) {
    if (operand(in, n) instanceof Operand.IntLiteral(long value)) {
      return value;
    }
    throw new Unsupported("operand " + n + " must be a literal");
  }
}
