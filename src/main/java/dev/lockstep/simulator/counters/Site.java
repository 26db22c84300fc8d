package dev.lockstep.simulator.counters;

import dev.lockstep.device.Counter;
import dev.lockstep.device.Counts;
import dev.lockstep.ptx.Instruction;
import dev.lockstep.simulator.lowering.Instrument.Part;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One instruction of the text and everything that counts for it. */
final class Site {
  private final Instruction instruction;
  private final Content content;
  private final List<Place> places = new ArrayList<>();
  private final List<MemoryCost> accesses = new ArrayList<>();
  private final List<CountedBranch> branches = new ArrayList<>();
  private final List<CountedBranch> exits = new ArrayList<>();
  private final List<CountedIndexedBranch> indexed = new ArrayList<>();
  private final List<CountedBarrier> barriers = new ArrayList<>();
  private @Nullable Integer guardSlot;

  /** A stretch it stands in. */
  private record Place(Stretch stretch, Part part) {}

  Site(Instruction instruction) {
    this.instruction = instruction;
    this.content = Content.of(instruction);
  }

  Instruction instruction() {
    return instruction;
  }

  void standsIn(Stretch stretch, Part part) {
    places.add(new Place(stretch, part));
  }

  void accesses(List<MemoryCost> costs) {
    accesses.addAll(costs);
  }

  void branchesBy(CountedBranch branch) {
    branches.add(branch);
  }

  void branchesBy(CountedIndexedBranch branch) {
    indexed.add(branch);
  }

  /** Lanes end here that took this branch. */
  void exitsBy(CountedBranch branch) {
    exits.add(branch);
  }

  void waitsAt(CountedBarrier barrier) {
    barriers.add(barrier);
  }

  /** Where lanes are counted whose guard holds; null when that was asked for before. */
  @Nullable Integer guardSlot(Slots slots) {
    if (guardSlot != null) {
      return null;
    }
    guardSlot = slots.take(1);
    return guardSlot;
  }

  /** What it did. */
  Counts counts(long[] counts) {
    long executions = 0;
    long lanes = 0;
    long on = 0;
    for (Place place : places) {
      long here = place.stretch.lanes(counts);
      if (place.part != Part.GUARDED) {
        executions += place.stretch.executions(counts);
        lanes += here;
      }
      boolean all = place.part == Part.GUARDED || place.part == Part.WHOLE && !isGuarded();
      on += all ? here : 0;
    }
    for (CountedBranch branch : exits) {
      executions += branch.exits(counts);
      lanes += branch.exitedLanes(counts);
      on += branch.exitedLanes(counts);
    }
    on += guardSlot == null ? 0 : counts[guardSlot];
    Counts.Builder to = new Counts.Builder();
    for (CountedBranch branch : branches) {
      // Others only jump around an instruction whose guard does not hold.
      if (instruction.opcode().equals("bra")) {
        on += branch.taken(counts);
        to.add(Counter.DIVERGENT_BRANCHES, branch.divergent(counts));
      }
    }
    for (CountedIndexedBranch branch : indexed) {
      to.add(Counter.DIVERGENT_BRANCHES, branch.divergent(counts));
    }
    for (CountedBarrier barrier : barriers) {
      to.add(Counter.BARRIER_WAITS, barrier.waits(counts));
    }
    for (MemoryCost access : accesses) {
      access.report(counts, to);
    }
    to.add(Counter.INSTRUCTIONS, executions);
    to.add(Counter.THREAD_INSTRUCTIONS, lanes);
    to.add(Counter.THREAD_INSTRUCTIONS_ON, on);
    content.report(executions, on, to);
    return to.build();
  }

  private boolean isGuarded() {
    return instruction.guard() != null;
  }
}
