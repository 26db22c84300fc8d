package dev.lockstep.simulator.lowering;

import static dev.lockstep.simulator.lowering.Emitter.operand;

import dev.lockstep.ptx.Instruction;
import dev.lockstep.ptx.Operand;
import dev.lockstep.ptx.ScalarType;
import dev.lockstep.ptx.StateSpace;
import dev.lockstep.simulator.execution.Slot;
import dev.lockstep.simulator.memory.Windows;
import dev.lockstep.simulator.op.Address;
import dev.lockstep.simulator.op.LoadMatrix;
import dev.lockstep.simulator.op.LongLanes;
import dev.lockstep.simulator.op.StoreMatrix;
import dev.lockstep.simulator.op.TransposeMatrix;
import java.util.List;

/**
 * {@code ldmatrix}, {@code stmatrix} and {@code movmatrix} of 8×8 matrices with 16-bit elements
 * (PTX ISA 9.7.14.5.15 to 17).
 */
final class MatrixMoveDecoder {
  private MatrixMoveDecoder() {}

  static void decode(Instruction in, Emitter e) {
    Decoder.allow(
        in, "sync", "aligned", "m8n8", "x1", "x2", "x4", "trans", "shared", "shared::cta");
    if (!in.has("m8n8") || Decoder.type(in) != ScalarType.B16) {
      throw new Unsupported("matrices other than 8 by 8 of 16-bit elements");
    }
    Decoder.required(in, "sync");
    boolean transposed = in.has("trans");
    switch (in.opcode()) {
      case "ldmatrix" -> {
        int[] d = registers(in, 0).stream().mapToInt(o -> e.toB32(o).index()).toArray();
        e.emit(new LoadMatrix(address(in, e, 1), d, transposed));
      }
      case "stmatrix" -> {
        int[] a = registers(in, 1).stream().mapToInt(o -> e.b32(o).index()).toArray();
        e.emit(new StoreMatrix(address(in, e, 0), a, transposed));
      }
      default -> e.emit(new TransposeMatrix(e.toB32(operand(in, 0)), e.b32(operand(in, 1))));
    }
  }

  private static List<Operand> registers(Instruction in, int n) {
    int count = in.has("x4") ? 4 : in.has("x2") ? 2 : 1;
    List<Operand> registers = Decoder.elements(operand(in, n));
    if (registers.size() != count) {
      throw new Unsupported(registers.size() + " registers for " + count + " matrices");
    }
    return registers;
  }

  /** A generic address must lie in shared memory: it is brought there, and checked as such. */
  private static Address address(Instruction in, Emitter e, int n) {
    boolean generic = in.modifiers().stream().allMatch(m -> StateSpace.named(m) == null);
    if (generic
        && operand(in, n) instanceof Operand.Address(Operand base, long offset)
        && !(base instanceof Operand.Symbol)) {
      Slot<long[]> shared = e.registers.temporaryLong();
      e.emit(LongLanes::add, shared, e.b64(base), e.registers.constant(-Windows.SHARED));
      return new Address(StateSpace.SHARED, shared, offset);
    }
    return AddressOperand.of(operand(in, n), StateSpace.SHARED, e);
  }
}
