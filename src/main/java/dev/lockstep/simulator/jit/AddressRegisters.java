package dev.lockstep.simulator.jit;

import dev.lockstep.simulator.execution.Slot;
import dev.lockstep.simulator.op.Address;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Which address registers generated code has looked at and not changed since, by the place of
 * {@code Warp.laneAddresses} that holds what was seen. The first place belongs to ops that look by
 * themselves.
 */
final class AddressRegisters {
  private static final int PLACES = 4;

  private final @Nullable Address[] seen = new Address[PLACES];
  private int next = 1;

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

  /** Nothing is known any more. */
  void clear() {
    Arrays.fill(seen, null);
  }

  /** A register has changed. */
  void written(Place place) {
    for (int i = 1; i < PLACES; i++) {
      Address known = seen[i];
      if (known != null
          && (place.file() == Slot.INTS || place.file() == Slot.LONGS)
          && known.wide() == (place.file() == Slot.LONGS)
          && known.register() == place.index()) {
        seen[i] = null;
      }
    }
  }
}
