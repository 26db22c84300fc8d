package dev.lockstep.simulator.lowering;

import dev.lockstep.ptx.Instruction;
import dev.lockstep.ptx.PtxKernel;
import dev.lockstep.ptx.Register;
import dev.lockstep.simulator.execution.LoweredKernel;
import dev.lockstep.simulator.execution.Op;
import java.util.List;

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
   * @param undefined registers that may be read before they are written
   */
  default void kernel(PtxKernel kernel, List<Register> undefined) {}

  /**
   * Around one step of an instruction, under the instruction's guard: the active lanes are those
   * that really do it.
   */
  default Op step(Op op, Instruction in, LoweredKernel.Site site) {
    return op;
  }

  /** Around a whole instruction with its guard: the active lanes are those that meet it. */
  default Op instruction(Op op, Instruction in, LoweredKernel.Site site) {
    return op;
  }
}
