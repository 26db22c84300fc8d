package dev.lockstep.simulator.lowering;

import static dev.lockstep.simulator.lowering.Emitter.operand;

import dev.lockstep.ptx.Instruction;
import dev.lockstep.ptx.Operand;
import dev.lockstep.ptx.ScalarType;
import dev.lockstep.simulator.execution.BarrierOp;
import dev.lockstep.simulator.execution.Slot;

/** Barriers of a block (PTX ISA 9.7.13.1). */
final class BarrierDecoder {
  private static final int BARRIERS = 16;

  private final Instruction in;
  private final Emitter e;

  private BarrierDecoder(Instruction in, Emitter emitter) {
    this.in = in;
    this.e = emitter;
  }

  static void decode(Instruction in, Emitter emitter) {
    new BarrierDecoder(in, emitter).decode();
  }

  private void decode() {
    boolean aligned = in.opcode().equals("bar");
    if (aligned) {
      Decoder.allow(in, "sync", "arrive", "red", "popc", "and", "or", "cta");
    } else {
      Decoder.allow(in, "sync", "arrive", "red", "popc", "and", "or", "cta", "aligned");
      aligned = in.has("aligned");
    }
    BarrierOp.Kind kind = kind();
    boolean reduces = in.has("red");
    int first = reduces ? 1 : 0;
    int counted = in.operands().size() - first - (reduces ? 2 : 1);
    if (counted < 0 || counted > 1 || kind == BarrierOp.Kind.ARRIVE && counted == 0) {
      throw new Unsupported(in.operands().size() + " operands");
    }
    requireIdentifier(operand(in, first));
    Slot<int[]> id = e.b32(operand(in, first));
    Slot<int[]> threads = counted == 1 ? e.b32(operand(in, first + 1)) : null;
    boolean literal =
        e.registers.literal(id) != null
            && (threads == null || e.registers.literal(threads) != null);
    int count = threads == null ? -1 : threads.index();
    int predicate = reduces ? e.predicate(in.operands().getLast()) : -1;
    e.emit(new BarrierOp(kind, aligned, id.index(), count, literal, predicate, result(kind)));
  }

  private BarrierOp.Kind kind() {
    String does = Decoder.required(in, "sync", "arrive", "red");
    if (does.equals("red")) {
      String reduction = Decoder.required(in, "popc", "and", "or");
      Decoder.onlyType(in, reduction.equals("popc") ? ScalarType.U32 : ScalarType.PRED);
      return switch (reduction) {
        case "popc" -> BarrierOp.Kind.POPC;
        case "and" -> BarrierOp.Kind.AND;
        default -> BarrierOp.Kind.OR;
      };
    }
    if (!Decoder.types(in).isEmpty() || !Decoder.choice(in, "", "popc", "and", "or").isEmpty()) {
      throw new Unsupported("a reduction without .red");
    }
    return does.equals("arrive") ? BarrierOp.Kind.ARRIVE : BarrierOp.Kind.SYNC;
  }

  private int result(BarrierOp.Kind kind) {
    return switch (kind) {
      case POPC -> e.toB32(operand(in, 0)).index();
      case AND, OR -> e.toPredicate(operand(in, 0));
      default -> -1;
    };
  }

  /** What registers name is judged when it is executed. */
  private static void requireIdentifier(Operand operand) {
    if (operand instanceof Operand.IntLiteral(long id) && (id < 0 || id >= BARRIERS)) {
      throw new Unsupported("barrier %d, where 0 to %d are".formatted(id, BARRIERS - 1));
    }
  }
}
