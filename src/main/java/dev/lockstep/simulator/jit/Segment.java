package dev.lockstep.simulator.jit;

import dev.lockstep.simulator.execution.Leg;
import dev.lockstep.simulator.execution.Op;
import dev.lockstep.simulator.op.Branch;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Instructions that follow each other without a branch, a barrier or a branch target between; one
 * of the former may be the last.
 *
 * @param pc of the first
 * @param length how many
 * @param goesOn whether the next instruction is the one behind it, which else its last op says
 * @param waits whether lanes wait in it for others, except at its end
 * @param parts what they do, in an order that gives the same
 * @param wantedBehind what is read when the instruction behind the last comes next
 */
public record Segment(
    int pc, int length, boolean goesOn, boolean waits, List<Part> parts, Set<Place> wantedBehind) {
  /** The barrier at its end that all warps of a block may take together; null if there is none. */
  @Nullable Op commonEnd() {
    return !parts.isEmpty()
            && parts.getLast() instanceof Part.Single(Op op, int behind, var values, var written)
            && Leg.canEndWith(op)
        ? op
        : null;
  }

  /** Whether its last op is a branch that leads back to its start. */
  boolean isLoop() {
    return !parts.isEmpty()
        && parts.getLast() instanceof Part.Single(Op op, int behind, var values, var written)
        && Branch.of(op) instanceof Branch branch
        && branch.target() == pc;
  }
}
