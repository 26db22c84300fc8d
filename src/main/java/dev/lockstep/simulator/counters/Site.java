package dev.lockstep.simulator.counters;

import dev.lockstep.device.Counter;
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

  /** What it did, once all places where it is counted are known. */
  Terms terms() {
    Terms terms = new Terms();
    for (Place place : places) {
      Stretch stretch = place.stretch;
      if (place.part != Part.GUARDED) {
        content.executed(stretch.executions(), stretch.lanes(), terms);
      }
      if (place.part == Part.GUARDED || place.part == Part.WHOLE && !isGuarded()) {
        content.done(stretch.lanes(), terms);
      }
    }
    for (CountedBranch branch : exits) {
      content.executed(branch.exits(), branch.exitedLanes(), terms);
      content.done(branch.exitedLanes(), terms);
    }
    if (guardSlot != null) {
      content.done(guardSlot, terms);
    }
    for (CountedBranch branch : branches) {
      // Others only jump around an instruction whose guard does not hold.
      if (instruction.opcode().equals("bra")) {
        content.done(branch.taken(), terms);
        terms.add(Counter.DIVERGENT_BRANCHES, branch.divergent(), 1);
      }
    }
    for (CountedIndexedBranch branch : indexed) {
      terms.add(Counter.DIVERGENT_BRANCHES, branch.divergent(), 1);
    }
    for (CountedBarrier barrier : barriers) {
      terms.add(Counter.BARRIER_WAITS, barrier.waits(), 1);
    }
    for (MemoryCost access : accesses) {
      access.describe(terms);
    }
    return terms;
  }

  private boolean isGuarded() {
    return instruction.guard() != null;
  }
}
