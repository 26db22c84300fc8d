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
 * This pass: finds, for every block, the registers whose values are still wanted. An instruction
 * under a guard may leave its result as it was, so it does not end what came before.
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
          "brx",
          "stackrestore",
          "ret",
          "exit",
          "trap",
          "brkpt",
          "cp",
          "membar",
          "fence",
          "prefetch",
          "prefetchu",
          "stmatrix",
          "nanosleep",
          "pmevent",
          "griddepcontrol",
          "discard",
          "applypriority");

  private final List<ControlFlow.Block> blocks;
  private final BitSet[] atStart;

  private Liveness(List<ControlFlow.Block> blocks) {
    this.blocks = blocks;
    this.atStart = new BitSet[blocks.size()];
  }

  static Liveness of(List<Step> steps, List<ControlFlow.Block> blocks) {
    Liveness liveness = new Liveness(blocks);
    BitSet[] writes = new BitSet[blocks.size()];
    for (int b = 0; b < writes.length; b++) {
      BitSet read = new BitSet();
      BitSet written = new BitSet();
      for (int i = blocks.get(b).from(); i < blocks.get(b).to(); i++) {
        Step step = steps.get(i);
        uses(
            step,
            register -> {
              if (!written.get(register.id())) {
                read.set(register.id());
              }
            });
        if (step.instruction().guard() == null) {
          definitions(step, register -> written.set(register.id()));
        }
      }
      liveness.atStart[b] = read;
      writes[b] = written;
    }
    boolean changed = true;
    while (changed) {
      changed = false;
      for (int b = writes.length - 1; b >= 0; b--) {
        BitSet live = liveness.atEnd(b);
        live.andNot(writes[b]);
        live.or(liveness.atStart[b]);
        changed |= !live.equals(liveness.atStart[b]);
        liveness.atStart[b] = live;
      }
    }
    return liveness;
  }

  /** Ids of the registers a block is given. */
  BitSet atStart(int block) {
    return atStart[block];
  }

  /** Ids of the registers a block hands on; the caller's own copy. */
  BitSet atEnd(int block) {
    BitSet live = new BitSet();
    for (int next : blocks.get(block).successors()) {
      live.or(atStart[next]);
    }
    return live;
  }

  /**
   * The registers a kernel may read before it has written them. They start every block of the grid
   * as zero, so that what such a kernel computes does not depend on which block ran before.
   */
  List<Register> readBeforeWritten(List<Register> registers) {
    List<Register> result = new ArrayList<>();
    atStart[0].stream().forEach(id -> result.add(registers.get(id)));
    return result;
  }

  /** The registers an instruction writes. */
  static List<Register> written(Instruction in) {
    List<Register> registers = new ArrayList<>();
    if (hasResult(in)) {
      definitions(in.operands().get(0), registers::add);
    }
    return registers;
  }

  /** The registers an instruction reads, its guard left aside. */
  static List<Register> read(Instruction in) {
    List<Register> registers = new ArrayList<>();
    for (int i = hasResult(in) ? 1 : 0; i < in.operands().size(); i++) {
      all(in.operands().get(i), registers::add);
    }
    return registers;
  }

  /** The registers a step sets, under its guard or not. */
  static void definitions(Step step, Consumer<Register> set) {
    Instruction in = step.instruction();
    if (step.kind() != Step.Kind.BRANCH && hasResult(in)) {
      definitions(in.operands().get(0), set);
    }
  }

  /** The registers a step reads; one it may leave unchanged is read, too. */
  static void uses(Step step, Consumer<Register> use) {
    Instruction in = step.instruction();
    if (step.guard() != null) {
      use.accept(step.guard().predicate());
    } else if (in.guard() != null) {
      use.accept(in.guard().predicate());
    }
    if (step.kind() == Step.Kind.BRANCH) {
      return;
    }
    for (int i = 0; i < in.operands().size(); i++) {
      if (i == 0 && hasResult(in)) {
        addresses(in.operands().get(0), use);
      } else {
        all(in.operands().get(i), use);
      }
    }
  }

  /** The registers a step reads; of a load or store not the one it computes addresses from. */
  static void values(Step step, Consumer<Register> use) {
    Instruction in = step.instruction();
    if (!in.opcode().equals("ld") && !in.opcode().equals("st")) {
      uses(step, use);
      return;
    }
    List<Operand> others =
        in.operands().stream().filter(o -> !(o instanceof Operand.Address)).toList();
    uses(
        new Step(Steps.with(in, in.guard(), others), step.kind(), step.guard(), step.targets()),
        use);
  }

  /** Whether its first operand is what it sets. */
  static boolean hasResult(Instruction in) {
    if (in.opcode().equals("call")) {
      // call (results), f, (arguments);
      return in.operands().size() > 1 && in.operands().get(0) instanceof Operand.Arguments;
    }
    boolean reducingBarrier = in.opcode().startsWith("bar") && in.has("red");
    boolean without =
        WITHOUT_RESULT.contains(in.opcode()) || in.opcode().equals("wmma") && in.has("store");
    return (reducingBarrier || !without) && !in.operands().isEmpty();
  }

  private static void definitions(Operand operand, Consumer<Register> set) {
    switch (operand) {
      case Operand.Reg(Register register) -> set.accept(register);
      case Operand.Part(Register register, String selector) -> set.accept(register);
      case Operand.Vector(List<Operand> elements) -> elements.forEach(e -> definitions(e, set));
      case Operand.Arguments(List<Operand> elements) -> elements.forEach(e -> definitions(e, set));
      case Operand.Pair(Operand first, Operand second) -> {
        definitions(first, set);
        definitions(second, set);
      }
      default -> {}
    }
  }

  /** Even a result may be named by an address. */
  private static void addresses(Operand operand, Consumer<Register> use) {
    switch (operand) {
      case Operand.Address address -> all(address, use);
      case Operand.Indexed indexed -> all(indexed, use);
      default -> {}
    }
  }

  private static void all(Operand operand, Consumer<Register> use) {
    switch (operand) {
      case Operand.Reg(Register register) -> use.accept(register);
      case Operand.Part(Register register, String selector) -> use.accept(register);
      case Operand.Not(Register register) -> use.accept(register);
      case Operand.Negated(Operand negated) -> all(negated, use);
      case Operand.Address(Operand base, long offset) -> all(base, use);
      case Operand.Vector(List<Operand> elements) -> elements.forEach(e -> all(e, use));
      case Operand.Indexed(List<Operand> elements) -> elements.forEach(e -> all(e, use));
      case Operand.Arguments(List<Operand> elements) -> elements.forEach(e -> all(e, use));
      case Operand.Pair(Operand first, Operand second) -> {
        all(first, use);
        all(second, use);
      }
      case Operand.Special s -> {}
      case Operand.IntLiteral l -> {}
      case Operand.FloatLiteral l -> {}
      case Operand.Symbol s -> {}
      case Operand.Target t -> {}
      case Operand.Sink s -> {}
    }
  }
}
