package dev.lockstep.simulator.jit;

import dev.lockstep.simulator.execution.LaneAddresses;
import dev.lockstep.simulator.execution.Op;
import dev.lockstep.simulator.execution.Slot;
import dev.lockstep.simulator.op.Address;
import dev.lockstep.simulator.op.LaneMemoryOp;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which address registers generated code has looked at and not changed since, by the place of
 * {@code Warp.laneAddresses} that holds what was seen. The first place belongs to ops that look by
 * themselves.
 */
final class AddressRegisters {
  private static final int PLACES = LaneAddresses.COUNT;

  private final @Nullable Address[] seen = new Address[PLACES];
  private int next = 1;

  /**
   * What is known behind a loop and before it, of registers that it moves on by equal steps or
   * leaves alone: they are looked at once, before it. Nothing is, when it does not stay the same.
   */
  static AddressRegisters ofLoop(List<Part> parts) {
    AddressRegisters once = new AddressRegisters();
    once.pass(parts);
    AddressRegisters twice = new AddressRegisters();
    System.arraycopy(once.seen, 0, twice.seen, 0, PLACES);
    twice.next = once.next;
    twice.pass(parts);
    return Arrays.equals(once.seen, twice.seen) ? once : new AddressRegisters();
  }

  private void pass(List<Part> parts) {
    for (Part part : parts) {
      switch (part) {
        case Part.Run lanes ->
            lanes.scalars().stream().filter(s -> s.step() == 0).forEach(this::written);
        case Part.Butterfly butterfly -> written(butterfly.to());
        case Part.Passed passed -> clear();
        case Part.Single(Op op, int behind, var values, Set<Place> written) -> {
          if (op instanceof LaneMemoryOp access && find(access.address()) < 0) {
            add(access.address());
          }
          written.forEach(this::written);
        }
      }
    }
  }

  private void written(Scalar scalar) {
    written(scalar.target());
  }

  /** All that are known, by place, others null. */
  @Nullable Address[] seen() {
    return seen;
  }

  /** The place of a register that was looked at, or −1. */
  int find(Address address) {
    for (int i = 1; i < PLACES; i++) {
      Address known = seen[i];
      if (known != null && known.sharesRegister(address)) {
        return i;
      }
    }
    return -1;
  }

  /** Takes a place for another register, in turn. */
  int add(Address address) {
    int place = next;
    seen[place] = address;
    next = place + 1 < PLACES ? place + 1 : 1;
    return place;
  }

  /** The place of a register that was looked at, or −1. */
  int find(Place place) {
    for (int i = 1; i < PLACES; i++) {
      Address known = seen[i];
      if (known != null
          && (place.file() == Slot.INTS || place.file() == Slot.LONGS)
          && known.wide() == (place.file() == Slot.LONGS)
          && known.register() == place.index()) {
        return i;
      }
    }
    return -1;
  }

  /** Nothing is known any more. */
  void clear() {
    Arrays.fill(seen, null);
  }

  /** A register has changed. */
  void written(Place place) {
    int at = find(place);
    if (at >= 0) {
      seen[at] = null;
    }
  }
}
