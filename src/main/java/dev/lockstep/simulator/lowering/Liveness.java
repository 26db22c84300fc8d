package dev.lockstep.simulator.lowering;

import dev.lockstep.ptx.Instruction;
import dev.lockstep.ptx.Operand;
import dev.lockstep.ptx.Register;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/**
 * This pass: finds the registers a kernel may read before it has written them. They start every
 * block as zero, so that what such a kernel computes does not depend on which block ran before.
 */
final class Liveness {
  /** Instructions whose first operand is no result. */
  private static final Set<String> WITHOUT_RESULT =
      Set.of(
          "st",
          "red",
          "bar",
          "barrier",
          "bra",
          "ret",
          "exit",
          "trap",
          "brkpt",
          "cp",
          "membar",
          "fence",
          "prefetch",
          "prefetchu",
          "call",
          "stmatrix",
          "nanosleep",
          "discard",
          "applypriority");

  private Liveness() {}

  static List<Register> readBeforeWritten(
      List<Register> registers, List<Step> steps, List<ControlFlow.Block> blocks) {
    int count = blocks.size();
    BitSet[] reads = new BitSet[count];
    BitSet[] writes = new BitSet[count];
    BitSet[] live = new BitSet[count];
    for (int b = 0; b < count; b++) {
      reads[b] = new BitSet();
      writes[b] = new BitSet();
      for (int i = blocks.get(b).from(); i < blocks.get(b).to(); i++) {
        effects(steps.get(i), reads[b], writes[b]);
      }
      live[b] = (BitSet) reads[b].clone();
    }
    boolean changed = true;
    while (changed) {
      changed = false;
      for (int b = count - 1; b >= 0; b--) {
        BitSet in = new BitSet();
        for (int next : blocks.get(b).successors()) {
          in.or(live[next]);
        }
        in.andNot(writes[b]);
        in.or(live[b]);
        if (!in.equals(live[b])) {
          live[b] = in;
          changed = true;
        }
      }
    }
    List<Register> result = new ArrayList<>();
    live[0].stream().forEach(id -> result.add(registers.get(id)));
    return result;
  }

  /** The registers an instruction sets, under its guard or not. */
  static void definitions(Instruction in, Consumer<Register> set) {
    if (!WITHOUT_RESULT.contains(in.opcode()) && !in.operands().isEmpty()) {
      definitions(in.operands().get(0), set);
    }
  }

  private static void definitions(Operand operand, Consumer<Register> set) {
    switch (operand) {
      case Operand.Reg(Register register) -> set.accept(register);
      case Operand.Vector(List<Operand> elements) -> elements.forEach(e -> definitions(e, set));
      case Operand.Arguments(List<Operand> elements) -> elements.forEach(e -> definitions(e, set));
      case Operand.Pair(Operand first, Operand second) -> {
        definitions(first, set);
        definitions(second, set);
      }
      default -> {}
    }
  }

  private static void effects(Step step, BitSet reads, BitSet writes) {
    Instruction in = step.instruction();
    if (step.guard() != null) {
      read(step.guard().predicate(), reads, writes);
    } else if (in.guard() != null) {
      read(in.guard().predicate(), reads, writes);
    }
    if (step.kind() == Step.Kind.BRANCH) {
      return;
    }
    boolean result = !WITHOUT_RESULT.contains(in.opcode());
    for (int i = result ? 1 : 0; i < in.operands().size(); i++) {
      visit(in.operands().get(i), reads, writes, false);
    }
    if (result && !in.operands().isEmpty() && in.guard() == null) {
      visit(in.operands().get(0), reads, writes, true);
    }
  }

  private static void visit(Operand operand, BitSet reads, BitSet writes, boolean written) {
    switch (operand) {
      case Operand.Reg(Register register) -> {
        if (written) {
          writes.set(register.id());
        } else {
          read(register, reads, writes);
        }
      }
      case Operand.Not(Register register) -> read(register, reads, writes);
      case Operand.Address(Operand base, long offset) -> visit(base, reads, writes, false);
      case Operand.Vector(List<Operand> elements) ->
          elements.forEach(e -> visit(e, reads, writes, written));
      case Operand.Indexed(List<Operand> elements) ->
          elements.forEach(e -> visit(e, reads, writes, false));
      case Operand.Arguments(List<Operand> elements) ->
          elements.forEach(e -> visit(e, reads, writes, written));
      case Operand.Pair(Operand first, Operand second) -> {
        visit(first, reads, writes, written);
        visit(second, reads, writes, written);
      }
      case Operand.Special s -> {}
      case Operand.IntLiteral l -> {}
      case Operand.FloatLiteral l -> {}
      case Operand.Symbol s -> {}
      case Operand.Target t -> {}
      case Operand.Sink s -> {}
    }
  }

  private static void read(Register register, BitSet reads, BitSet writes) {
    if (!writes.get(register.id())) {
      reads.set(register.id());
    }
  }
}
