package dev.lockstep.simulator.jit;

import dev.lockstep.simulator.execution.LaneCount;
import dev.lockstep.simulator.execution.Slot;
import dev.lockstep.simulator.op.LaneMemoryOp;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What a loop need not do lane by lane: registers that grow by equal steps, and are read by nothing
 * but accesses, as addresses, or comparisons with what stays the same. Their steps are owed to them
 * until the loop ends; see {@link LaneCount}.
 */
final class LoopSteps {
  /** A part, or none, and then what is owed. */
  record Piece(List<Part> part, List<Scalar> owed) {}

  private final AddressRegisters addresses;
  private final Set<Place> wantedBehind;
  private final Map<Place, Integer> writes = new HashMap<>();

  /** Read by anything but a step of its own, a comparison, or an access as its address. */
  private final Set<Place> values = new HashSet<>();

  private final List<Place> counts = new ArrayList<>();
  private final List<Piece> pieces = new ArrayList<>();

  /**
   * @param parts of a loop, whose last part is the branch back
   * @param addresses what is looked at once, before it
   * @param wantedBehind what is read when it has ended
   */
  LoopSteps(List<Part> parts, AddressRegisters addresses, Set<Place> wantedBehind) {
    this.addresses = addresses;
    this.wantedBehind = wantedBehind;
    if (parts.stream().allMatch(part -> part instanceof Part.Run || part instanceof Part.Single)) {
      parts.subList(0, parts.size() - 1).forEach(this::note);
      scalars(parts).forEach(this::noteCompared);
      scalars(parts).forEach(this::choose);
    }
    parts.forEach(this::split);
  }

  /** All of the loop in its order. */
  List<Piece> pieces() {
    return pieces;
  }

  /** Whether anything is owed. */
  boolean any() {
    return pieces.stream().anyMatch(piece -> !piece.owed().isEmpty());
  }

  /** Whether anybody reads a register when it has ended. */
  boolean isWantedBehind(Place place) {
    return wantedBehind.contains(place);
  }

  /** The registers that it counts in, each by its number. */
  List<Place> counts() {
    return counts;
  }

  private void note(Part part) {
    switch (part) {
      case Part.Run run -> run.scalars().forEach(this::note);
      case Part.Single single -> {
        values.addAll(single.values());
        single.written().forEach(this::written);
        if (single.op() instanceof LaneMemoryOp access && !access.address().wide()) {
          values.add(new Place(Slot.INTS, access.address().register(), false));
        }
      }
      default -> throw new IllegalArgumentException("not of a loop with steps: " + part);
    }
  }

  private void note(Scalar scalar) {
    written(scalar.target());
    if (CountComparison.of(scalar) == null && scalar.step() == 0 && scalar.wordStep() == 0) {
      scalar.readsAnywhere(values::add);
    }
  }

  private void written(Place place) {
    writes.merge(place, 1, Integer::sum);
  }

  /** What is read to compare it, when the result has to be there for others. */
  private void noteCompared(Scalar scalar) {
    if (CountComparison.of(scalar) != null && !isAlone(scalar.target())) {
      scalar.readsAnywhere(values::add);
    }
  }

  private void choose(Scalar scalar) {
    if (scalar.wordStep() != 0 && isAlone(scalar.target()) && counts.size() < LaneCount.COUNT) {
      counts.add(scalar.target());
    }
  }

  /** Whether one instruction sets it, and nothing wants it lane by lane. */
  private boolean isAlone(Place place) {
    return writes.getOrDefault(place, 0) == 1 && !values.contains(place);
  }

  private static List<Scalar> scalars(List<Part> parts) {
    List<Scalar> all = new ArrayList<>();
    for (Part part : parts) {
      if (part instanceof Part.Run run) {
        all.addAll(run.scalars());
      }
    }
    return all;
  }

  private boolean isOwed(Scalar scalar) {
    Place target = scalar.target();
    if (counts.contains(target)) {
      return true;
    }
    return isAlone(target)
        && (scalar.step() != 0
            ? addresses.find(target) >= 0
            : CountComparison.of(scalar) != null
                && scalar.sources().getFirst() instanceof Place counted
                && counts.contains(counted));
  }

  private void split(Part part) {
    if (!(part instanceof Part.Run run)) {
      pieces.add(new Piece(List.of(part), List.of()));
      return;
    }
    List<Scalar> kept = new ArrayList<>(run.scalars());
    List<Scalar> owed = run.scalars().stream().filter(this::isOwed).toList();
    kept.removeAll(owed);
    List<Part> rest =
        kept.isEmpty() ? List.of() : List.of(new Part.Run(kept, run.wanted(), run.exact()));
    pieces.add(new Piece(rest, owed));
  }
}
