package dev.lockstep.simulator.lowering;

import dev.lockstep.ptx.Instruction;
import dev.lockstep.ptx.Operand;
import dev.lockstep.ptx.Register;
import dev.lockstep.ptx.ScalarType;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Set;

/**
 * This pass: finds what a thread computes from nothing but literals, parameters and its place in
 * the block, and so is the same for each block of a launch: offsets in shared memory, conditions on
 * thread numbers, the first terms of addresses. Each warp does it once a launch and not for every
 * block.
 *
 * <p>As for {@link LaunchConstants}, one instruction alone sets such a register, without a guard,
 * or is the only one whose result its readers read; and no thread may read it before. Its place is
 * its own: so there is a limit to their number.
 */
final class LaunchPrologue {
  private static final int MOST = 32;

  /** Those that cannot fault, and whose results depend on their operands alone. */
  private static final Set<String> OPCODES =
      Set.of(
          "mov", "cvt", "add", "sub", "mul", "mad", "fma", "shl", "shr", "and", "or", "xor", "not",
          "neg", "min", "max", "abs", "setp", "selp", "bfe");

  private final RegisterFileBuilder registers;
  private final BitSet readEarly;
  private final SoleReaders readers;
  private final boolean[] constant;
  private final int[] definitions;
  private final List<Instruction> found = new ArrayList<>();

  private LaunchPrologue(
      RegisterFileBuilder registers, BitSet readEarly, SoleReaders readers, boolean[] constant) {
    this.registers = registers;
    this.readEarly = readEarly;
    this.readers = readers;
    this.constant = constant;
    this.definitions = new int[readers.registers().size()];
  }

  /**
   * Those instructions, in an order in which they can be executed.
   *
   * @param constant by step, whether it need not be executed; those found are added
   */
  static List<Instruction> find(
      RegisterFileBuilder registers,
      List<Step> steps,
      SoleReaders readers,
      Liveness liveness,
      boolean[] constant) {
    LaunchPrologue pass = new LaunchPrologue(registers, liveness.atStart(0), readers, constant);
    steps.forEach(step -> Liveness.definitions(step, r -> pass.definitions[r.id()]++));
    // Blocks may stand in any order, so that a value comes before what it is computed from.
    boolean again = true;
    while (again) {
      again = false;
      for (int i = 0; i < constant.length && pass.found.size() < MOST; i++) {
        Step step = steps.get(i);
        if (!constant[i] && step.kind() == Step.Kind.PLAIN) {
          again |= pass.take(i, step.instruction());
        }
      }
    }
    return pass.found;
  }

  private boolean take(int step, Instruction in) {
    if (in.guard() != null
        || !OPCODES.contains(in.opcode())
        || in.has("cc")
        || in.operands().isEmpty()
        || !(in.operands().getFirst() instanceof Operand.Reg(Register d))
        || d.type() == ScalarType.B128) {
      return false;
    }
    boolean alone = definitions[d.id()] == 1 && !readEarly.get(d.id());
    if (!alone && !readers.any(step)) {
      return false;
    }
    boolean uniform = true;
    for (Operand source : in.operands().subList(1, in.operands().size())) {
      switch (source) {
        case Operand.IntLiteral literal -> {}
        case Operand.FloatLiteral literal -> {}
        case Operand.Reg(Register register) when registers.isSameForBlocks(register) ->
            uniform &= registers.isUniform(register);
        default -> {
          return false;
        }
      }
    }
    Register target = alone ? d : readers.part(step);
    registers.compute(target, uniform);
    List<Operand> operands = new ArrayList<>(in.operands());
    operands.set(0, new Operand.Reg(target));
    found.add(Steps.with(in, null, operands));
    constant[step] = alone;
    return true;
  }
}
