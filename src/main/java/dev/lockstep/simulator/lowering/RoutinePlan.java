package dev.lockstep.simulator.lowering;

import dev.lockstep.ptx.Instruction;
import dev.lockstep.ptx.Prototype;
import dev.lockstep.ptx.PtxFunction;
import dev.lockstep.ptx.Register;
import dev.lockstep.ptx.Routine;
import java.util.ArrayList;
import java.util.List;

/**
 * A kernel or function while it is lowered: what the passes found, and where its blocks start in
 * the code once it is laid out.
 */
final class RoutinePlan {
  final Routine routine;

  /** Those of the routine, and what passes have added. */
  final List<Register> registers;

  final Symbols symbols;
  final List<Step> steps;
  final List<ControlFlow.Block> blocks;
  final int[] order;
  final Liveness liveness;

  /** Steps whose only effect is known when the kernel is launched. */
  final boolean[] constant;

  /** Those of them that compute something, to be executed for each launch. */
  final List<Instruction> prologue;

  final Emitter emitter;
  final Decoder decoder;

  /** By block. */
  final int[] start;

  RoutinePlan(
      Routine routine,
      Symbols symbols,
      RegisterFileBuilder registers,
      CodeOptions options,
      boolean hoistsConstants) {
    this.routine = routine;
    this.symbols = symbols;
    steps = Steps.of(routine);
    blocks = ControlFlow.blocks(steps);
    if (!symbols.ofFunction()) {
      EarlyReturns.part(steps, blocks);
    }
    order = ControlFlow.order(blocks);
    SoleReaders readers = SoleReaders.find(steps, blocks, routine.registers());
    constant =
        hoistsConstants
            ? LaunchConstants.find(registers, symbols, steps, routine, readers)
            : new boolean[steps.size()];
    prologue =
        hoistsConstants && !symbols.ofFunction() && mayCompute(options)
            ? LaunchPrologue.find(registers, steps, readers, Liveness.of(steps, blocks), constant)
            : List.of();
    this.registers = readers.registers();
    liveness = Liveness.of(steps, blocks);
    RegisterAllocation.run(registers, this.registers, steps, blocks, order, constant, liveness);
    emitter = new Emitter(registers, symbols, options);
    decoder = new Decoder(emitter);
    start = new int[blocks.size()];
  }

  /** A drawn schedule counts single instructions, and so does the clock. */
  private boolean mayCompute(CodeOptions options) {
    return !options.drawn()
        && steps.stream().noneMatch(step -> Segments.readsClock(step.instruction()));
  }

  /** Where its code starts. */
  int entry() {
    return start[order[0]];
  }

  /** Registers that may be read before they are written, those its callers write left out. */
  List<Register> undefined() {
    List<Register> undefined = new ArrayList<>(liveness.readBeforeWritten(registers));
    undefined.removeAll(formals(routine));
    // What passes have added is set before anything is executed.
    undefined.removeAll(registers.subList(routine.registers().size(), registers.size()));
    return undefined;
  }

  /** The parameters of a function that are passed in registers. */
  static List<Register> formals(Routine routine) {
    List<Register> registers = new ArrayList<>();
    if (routine instanceof PtxFunction function) {
      for (Prototype.Formal formal : function.prototype().parameters()) {
        if (!formal.inMemory()) {
          registers.add(routine.registers().get(formal.register()));
        }
      }
    }
    return registers;
  }
}
