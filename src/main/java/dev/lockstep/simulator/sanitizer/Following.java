package dev.lockstep.simulator.sanitizer;

import dev.lockstep.ptx.Instruction;
import dev.lockstep.ptx.Operand;
import dev.lockstep.ptx.Register;
import dev.lockstep.simulator.execution.Op;
import dev.lockstep.simulator.execution.Warp;
import dev.lockstep.simulator.lowering.Dataflow;
import dev.lockstep.simulator.op.Branch;
import dev.lockstep.simulator.op.Jump;
import dev.lockstep.simulator.op.SystemCall;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Makes the code that follows values, instruction by instruction. */
final class Following {
  /** What does nothing but compute its results, of which nobody need take notice. */
  private static final Set<String> PURE =
      Set.of(
          "abs",
          "add",
          "addc",
          "and",
          "bfe",
          "bfi",
          "bfind",
          "bmsk",
          "brev",
          "clz",
          "cnot",
          "copysign",
          "cos",
          "cvt",
          "cvta",
          "div",
          "dp2a",
          "dp4a",
          "ex2",
          "fma",
          "fns",
          "isspacep",
          "lg2",
          "lop3",
          "mad",
          "mad24",
          "madc",
          "max",
          "min",
          "mov",
          "mul",
          "mul24",
          "neg",
          "not",
          "or",
          "popc",
          "prmt",
          "rcp",
          "rem",
          "rsqrt",
          "sad",
          "selp",
          "set",
          "setp",
          "shf",
          "shl",
          "shr",
          "sin",
          "slct",
          "sqrt",
          "sub",
          "subc",
          "szext",
          "tanh",
          "testp",
          "vabsdiff",
          "vabsdiff2",
          "vabsdiff4",
          "vadd",
          "vadd2",
          "vadd4",
          "vavrg2",
          "vavrg4",
          "vmad",
          "vmax",
          "vmax2",
          "vmax4",
          "vmin",
          "vmin2",
          "vmin4",
          "vset",
          "vset2",
          "vset4",
          "vshl",
          "vshr",
          "vsub",
          "vsub2",
          "vsub4",
          "xor");

  private final NumberedRegisters registers;
  private final Company company;

  Following(NumberedRegisters registers, Company company) {
    this.registers = registers;
    this.company = company;
  }

  /**
   * What stands for an op.
   *
   * @param placed the op as it is executed otherwise, with what is put around it
   * @param op without that
   * @param pieces accesses it consists of, if it is a {@code wmma}
   */
  Op of(Op placed, Op op, Instruction in, int pieces) {
    if (op instanceof Jump) {
      return placed;
    }
    if (op instanceof Branch) {
      // It may stand for any instruction under a guard, of which it is the guard.
      return in.guard() == null
          ? placed
          : new Branching(placed, in, registers).uses(in.guard().predicate(), Use.BRANCH);
    }
    Followed followed =
        in.opcode().equals("call") ? call(placed, op, in) : kind(placed, in, pieces);
    return followed == null ? placed : followed;
  }

  private @Nullable Followed kind(Op op, Instruction in, int pieces) {
    List<Operand> operands = in.operands();
    switch (in.opcode()) {
      case "ret", "exit", "trap", "brkpt" -> {
        return null;
      }
      case "ld", "ldu" -> {
        return addressed(new FollowedAccesses.Loaded(op, in, registers), operands, 1);
      }
      case "st" -> {
        return addressed(new FollowedAccesses.Stored(op, in, registers, company), operands, 0);
      }
      case "shfl" -> {
        return new FollowedLanes.Shuffled(op, in, registers);
      }
      case "vote" -> {
        return new FollowedLanes.Voted(op, in, registers);
      }
      case "redux", "match" -> {
        return new FollowedLanes.Combined(op, in, registers);
      }
      case "mma" -> {
        return new FollowedMatrices.Product(op, in, registers);
      }
      case "ldmatrix" -> {
        return addressed(new FollowedMatrices.Loaded(op, in, registers), operands, 1);
      }
      case "stmatrix" -> {
        return addressed(new FollowedMatrices.Stored(op, in, registers), operands, 0);
      }
      case "movmatrix" -> {
        return new FollowedMatrices.Transposed(op, in, registers);
      }
      case "wmma" -> {
        return wmma(op, in, pieces);
      }
      default -> {
        return PURE.contains(in.opcode()) ? new Computed(op, in, registers) : other(op, in);
      }
    }
  }

  private Followed wmma(Op op, Instruction in, int pieces) {
    if (in.has("mma")) {
      return new FollowedMatrices.Product(op, in, registers);
    }
    boolean load = in.has("load");
    Followed followed =
        load
            ? new FollowedPieces.Loaded(op, in, registers)
            : new FollowedPieces.Stored(op, in, registers, pieces);
    addressed(followed, in.operands(), load ? 1 : 0);
    if (in.operands().size() > 2) {
      uses(followed, in.operands().get(2), Use.ADDRESS);
    }
    return followed;
  }

  private Followed addressed(Followed followed, List<Operand> operands, int at) {
    uses(followed, operands.get(at), Use.ADDRESS);
    return followed;
  }

  private static void uses(Followed followed, Operand operand, Use use) {
    if (operand instanceof Operand.Address(Operand base, long offset)) {
      uses(followed, base, use);
    } else if (NumberedRegisters.register(operand) instanceof Register register) {
      followed.uses(register, use);
    }
  }

  /** What is passed is moved by ops of its own, but to the system. */
  private Followed call(Op placed, Op op, Instruction in) {
    Followed followed = new Followed(placed, in, registers);
    for (Operand operand : in.operands()) {
      boolean passed = operand instanceof Operand.Arguments && !(op instanceof SystemCall);
      if (operand instanceof Operand.Arguments(List<Operand> elements) && !passed) {
        elements.forEach(element -> uses(followed, element, Use.OTHER));
      } else {
        uses(followed, operand, Use.BRANCH);
      }
    }
    return followed;
  }

  private Followed other(Op op, Instruction in) {
    Followed followed = new Followed(op, in, registers);
    Register guard = in.guard() == null ? null : in.guard().predicate();
    Dataflow.uses(
        in,
        r -> {
          if (!r.equals(guard)) {
            followed.uses(r, in.opcode().equals("brx") ? Use.BRANCH : way(in, r));
          }
        });
    Dataflow.definitions(in, followed::sets);
    return followed;
  }

  private static Use way(Instruction in, Register register) {
    boolean address =
        in.operands().stream()
            .anyMatch(
                operand ->
                    operand instanceof Operand.Address(Operand.Reg(Register r), long offset)
                        && r.equals(register));
    return address ? Use.ADDRESS : Use.OTHER;
  }

  /** A branch, whose guard is all there is to it. */
  private static final class Branching extends Followed {
    Branching(Op op, Instruction in, NumberedRegisters registers) {
      super(op, new Instruction(null, in.opcode(), List.of(), List.of(), 0, "", null), registers);
    }

    @Override
    void execute(Warp w, BlockShadow shadow, int lanes) {
      op.execute(w);
    }
  }
}
