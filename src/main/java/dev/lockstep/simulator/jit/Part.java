package dev.lockstep.simulator.jit;

import dev.lockstep.simulator.execution.Op;
import dev.lockstep.simulator.op.Branch;
import dev.lockstep.simulator.op.LaneMemoryOp;
import dev.lockstep.simulator.op.Onlooker;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** A piece of a {@link Segment}. */
public sealed interface Part {
  /**
   * Neighbours that work lane by lane: one loop over the lanes executes them all, with what they
   * hand to each other in local variables.
   *
   * @param wanted what is read behind them
   * @param exact those of {@code wanted} in which a NaN must have the bits that PTX says
   */
  record Run(List<Scalar> scalars, Set<Place> wanted, Set<Place> exact) implements Part {
    /** The registers it changes. */
    Set<Place> written() {
      Set<Place> written = new HashSet<>();
      scalars.forEach(scalar -> written.add(scalar.target()));
      written.retainAll(wanted);
      return written;
    }
  }

  /**
   * Sums, or the like, over the lanes of a warp: for one distance after the other, each lane
   * combines what it has with what the lane so far away has, by exclusive or of their numbers. As
   * the order of two does not matter, both then have the same, and little is left to be done.
   *
   * @param form combines two
   * @param exact whether a NaN must have the bits that PTX says
   */
  record Butterfly(Form form, Place from, Place to, List<Integer> distances, boolean exact)
      implements Part {}

  /**
   * What a branch passes over when all lanes take it. When some do, the others execute it.
   *
   * @param branch for which {@link Branch#of} finds one
   * @param length how many
   * @param behind the pc behind the branch
   * @param parts what it does for lanes that do not take the branch
   * @param wanted what is read behind it
   */
  record Passed(Op branch, int length, int behind, List<Part> parts, Set<Place> wanted)
      implements Part {
    /** Whether generated code can execute it for some lanes as it does for all. */
    boolean isForAnyLanes() {
      return parts.stream()
          .allMatch(
              part ->
                  part instanceof Run || part instanceof Single single && isForAny(single.op()));
    }

    private static boolean isForAny(Op op) {
      return op instanceof Onlooker || op instanceof LaneMemoryOp access && access.isForAnyLanes();
    }
  }

  /**
   * Anything else: executed as the interpreter does.
   *
   * @param behind the pc behind it, from which an op finds its place in the code
   * @param values the registers it reads, the one left out that a load or store computes addresses
   *     from
   * @param written the registers it may change
   */
  record Single(Op op, int behind, Set<Place> values, Set<Place> written) implements Part {}
}
