package dev.lockstep.simulator.execution;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A kernel ready to run.
 *
 * @param exactBlock the only block it may be launched with, or nothing
 * @param prologue what each warp does once for all blocks of a launch
 * @param code one op per instruction, blocks in an order in which the lanes furthest behind come
 *     first: see {@link LaneGroups}
 * @param followed the same op by op, with the values followed that an instrument watches; the very
 *     same where none does
 * @param sites where each op came from, beside {@code code}
 * @param staticSharedBytes shared memory the kernel declares itself
 * @param dynamicSharedAlignment where memory sized by the launch may start behind it
 * @param localBytes local memory of each thread
 * @param calls where calls keep their pointers; null when the kernel calls nothing
 * @param company what the kernel's blocks may need of each other
 */
@SuppressWarnings("ArrayRecordComponent") // Read for every instruction executed, never compared.
public record LoweredKernel(
    String name,
    int parameterBytes,
    int maxThreads,
    List<Integer> exactBlock,
    List<Op> prologue,
    Op[] code,
    Op[] followed,
    List<Site> sites,
    RegisterFile registers,
    int staticSharedBytes,
    int dynamicSharedAlignment,
    int localBytes,
    CallStack.@Nullable Layout calls,
    Company company) {

  /** One phrase on where the op at an index of {@link #code} stands. */
  String where(int pc) {
    Site at = sites.get(pc);
    String source = at.source().isEmpty() ? "" : ", " + at.source();
    return "at `" + at.instruction() + "` (PTX line " + at.ptxLine() + source + ")";
  }

  /** How the blocks of a grid depend on each other. */
  public enum Company {
    /** They do not, as far as one block can see: each runs from start to end. */
    NONE,
    /** One may look again and again at what another is to write. */
    WAITS,
    /** All meet at a barrier of the grid, which lies in the system's memory. */
    MEETS
  }

  /** A line of PTX and of CUDA source. */
  public record Site(int ptxLine, String instruction, String source) {}
}
