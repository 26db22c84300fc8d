package dev.lockstep.device;

import dev.lockstep.ptx.Instruction;
import dev.lockstep.ptx.Register;
import java.util.List;
import java.util.function.Consumer;

/**
 * A {@link Device#capability} of devices that can show what a warp executes, instruction by
 * instruction. Launches are traced from {@link #start} to {@link #stop}; they compute the same as
 * ever, but slowly.
 */
public interface KernelTracer {
  /**
   * Follows one warp of every launch from now on.
   *
   * @param block its block's place in the grid
   * @param warp its number in the block
   * @param each is given what it executes, in order, on a thread of the device's
   * @throws IllegalStateException when launches are being traced already
   */
  void start(Dim3 block, int warp, Consumer<Step> each);

  /**
   * Traces no more.
   *
   * @throws IllegalStateException when launches are not being traced
   */
  void stop();

  /**
   * An instruction that was executed, or that faulted.
   *
   * @param source {@code file.cu:line}; empty when unknown
   * @param active the lanes that executed it, guard considered, one bit each
   * @param values of the registers it wrote; where it writes none, of those it read
   */
  record Step(Instruction instruction, String source, int active, List<Value> values) {}

  /**
   * A register after an instruction.
   *
   * @param written whether the instruction wrote it
   * @param lanes its bits in every lane; a predicate's bit is the lowest
   * @param high the upper halves of a 128-bit register, otherwise empty
   */
  record Value(Register register, boolean written, List<Long> lanes, List<Long> high) {}
}
