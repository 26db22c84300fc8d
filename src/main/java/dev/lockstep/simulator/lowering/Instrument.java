package dev.lockstep.simulator.lowering;

import dev.lockstep.ptx.Instruction;
import dev.lockstep.ptx.PtxFunction;
import dev.lockstep.ptx.Register;
import dev.lockstep.ptx.Routine;
import dev.lockstep.simulator.execution.LoweredKernel;
import dev.lockstep.simulator.execution.Op;
import dev.lockstep.simulator.op.Branch;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Puts something around the ops of a kernel while it is lowered: a sanitizer, counters. Each method
 * returns the op to be executed, the one it was given unless there is something to watch.
 */
public interface Instrument {
  /** Nothing is watched. */
  Instrument NONE = new Instrument() {};

  /**
   * A kernel begins, whose instructions follow.
   *
   * @param routines the kernel, then the functions it may call
   * @param undefined registers that may be read before they are written
   * @param shared what lies where in shared memory
   */
  default void kernel(
      List<Routine> routines, List<Register> undefined, List<SharedVariable> shared) {}

  /**
   * Whether an instruction may have the warp go on in the code that follows values: all that comes
   * before it must have been done then.
   */
  default boolean mayFollow(Instruction in) {
    return false;
  }

  /**
   * What stands for an op in the code in which values are followed.
   *
   * @param placed the op with all that was put around it
   * @param op without
   */
  default Op followed(Op placed, Op op, Instruction in) {
    return placed;
  }

  /** Where the kernel's registers are; said before any instruction comes. */
  default void registers(RegisterPlaces places) {}

  /**
   * Whether every instruction is to have an op of its own, even one whose result is known when the
   * kernel is launched, and is to be interpreted.
   */
  default boolean seesEverything() {
    return false;
  }

  /** A variable in shared memory; one sized by the launch has 0 bytes. */
  record SharedVariable(String name, long address, long bytes) {}

  /**
   * Around one step of an instruction, under the instruction's guard: the active lanes are those
   * that really do it.
   */
  default Op step(Op op, Instruction in, LoweredKernel.Site site) {
    return op;
  }

  /**
   * Around the op of a call.
   *
   * @param callee what it leads to; null for a function of the system or behind a pointer
   */
  default Op call(Op op, Instruction in, LoweredKernel.Site site, @Nullable PtxFunction callee) {
    return op;
  }

  /** Around a whole instruction with its guard: the active lanes are those that meet it. */
  default Op instruction(Op op, Instruction in, LoweredKernel.Site site) {
    return op;
  }

  /**
   * Around what a call does before or after it to pass a value.
   *
   * @param in the instruction that is like it, or the call
   */
  default Op passed(Op op, Instruction in, LoweredKernel.Site site) {
    return op;
  }

  /**
   * An op to be executed once by every group of lanes that runs through a straight stretch of code:
   * the lanes active then are those that meet each of its instructions. Null for none.
   *
   * @param stretch in order, including instructions that need no op of their own
   */
  default @Nullable Op stretch(List<Executed> stretch) {
    return null;
  }

  /** Lanes that take this branch while others do not end at once, as the exit it leads to says. */
  default void exits(Branch branch, Instruction exit) {}

  /**
   * An instruction of a stretch.
   *
   * @param written the registers it writes
   */
  record Executed(Instruction instruction, Part part, List<Register> written) {}

  /** How much of an instruction a stretch holds. */
  enum Part {
    /** All of it. */
    WHOLE,
    /** Its guard, made a branch around the rest. */
    GUARD,
    /** The rest. */
    GUARDED
  }
}
