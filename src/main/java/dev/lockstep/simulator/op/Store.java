package dev.lockstep.simulator.op;

import dev.lockstep.simulator.execution.LaneAddresses;
import dev.lockstep.simulator.execution.Op;
import dev.lockstep.simulator.execution.Warp;
import dev.lockstep.simulator.memory.Region;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;

/** {@code st}, of one to eight elements. */
public final class Store extends Op implements LaneMemoryOp {
  private final Element element;
  private final Address address;
  private final int[] a;
  private final int bytes;

  /** Whether {@link Tuples} can do it. */
  private final boolean collected;

  /**
   * @param a what is stored: registers of the element's file, −1 where nothing is
   */
  public Store(Element element, Address address, int[] a) {
    this.element = element;
    this.address = address;
    this.a = a;
    this.bytes = element.bytes() * a.length;
    this.collected =
        Tuples.fits(element, a.length) && Arrays.stream(a).allMatch(register -> register >= 0);
  }

  @Override
  public void execute(Warp w) {
    if (w.full) {
      LaneAddresses lanes = w.laneAddresses[0];
      address.look(w, lanes);
      execute(w, lanes);
    } else if (Integer.bitCount(w.mask) < LaneMemoryOp.FEW_LANES) {
      laneByLane(w);
    } else {
      partly(w);
    }
  }

  @Override
  public void execute(Warp w, LaneAddresses lanes) {
    if (!w.full) {
      someNeighbours(w, lanes);
      return;
    }
    Region region = address.region(w, lanes, bytes);
    if (region == null) {
      apart(w, lanes);
      return;
    }
    MemorySegment to = region.segment();
    long shift = address.shift(region);
    if (a.length == 1 && lanes.stride() == bytes) {
      element.store(to, lanes.first() + shift, w.files[element.file()][a[0]], 0, Warp.LANES);
    } else if (lanes.stride() == bytes && collected) {
      Tuples.store(w, element, to, lanes.first() + shift, a);
    } else {
      scatter(w, to, lanes.values(), shift);
    }
  }

  private void apart(Warp w, LaneAddresses lanes) {
    lanes.settle();
    long[] places = address.localPlaces(w, lanes, bytes);
    if (places == null) {
      laneByLane(w);
    } else {
      scatter(w, w.local(), places, 0);
    }
  }

  private void scatter(Warp w, MemorySegment to, long[] places, long shift) {
    for (int j = 0; j < a.length; j++) {
      if (a[j] >= 0) {
        element.scatter(
            to, places, shift + (long) j * element.bytes(), w.files[element.file()][a[j]]);
      }
    }
  }

  /** Stores for active lanes that are neighbours, as are their addresses; or for any. */
  private void someNeighbours(Warp w, LaneAddresses lanes) {
    int first = w.firstLane();
    int count = Integer.bitCount(w.mask);
    if (a.length == 1
        && a[0] >= 0
        && lanes.stride() == bytes
        && w.mask >>> first == -1 >>> Warp.LANES - count) {
      Region region = address.region(w, lanes, bytes);
      if (region != null) {
        Object from = w.files[element.file()][a[0]];
        long at = lanes.first() + address.shift(region) + (long) first * bytes;
        element.store(region.segment(), at, from, first, count);
        return;
      }
    }
    execute(w);
  }

  /** Checks all active lanes together, and stores what they have. */
  private void partly(Warp w) {
    LaneAddresses lanes = w.laneAddresses[0];
    address.lookActive(w, lanes);
    long[] places = lanes.values();
    Region region = address.region(w, lanes, bytes);
    if (region == null) {
      places = address.localPlaces(w, lanes, bytes);
      if (places == null) {
        laneByLane(w);
        return;
      }
    }
    MemorySegment to = region == null ? w.local() : region.segment();
    long shift = region == null ? 0 : address.shift(region);
    for (int j = 0; j < a.length; j++) {
      if (a[j] >= 0) {
        Object from = w.files[element.file()][a[j]];
        long more = shift + (long) j * element.bytes();
        for (int rest = w.mask; rest != 0; rest &= rest - 1) {
          int lane = Integer.numberOfTrailingZeros(rest);
          element.put(to, places[lane] + more, from, lane);
        }
      }
    }
  }

  @Override
  public Address address() {
    return address;
  }

  @Override
  public List<Access> accesses() {
    return List.of(new Access(Access.Kind.STORE, address, bytes));
  }

  private void laneByLane(Warp w) {
    long[] values = address.values(w);
    Object[] file = w.files[element.file()];
    for (int rest = w.mask; rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      long at = address.locate(w, lane, values[lane], bytes, "store");
      for (int j = 0; j < a.length; j++) {
        if (a[j] >= 0) {
          element.put(w.located(), at + (long) j * element.bytes(), file[a[j]], lane);
        }
      }
    }
  }

  /** Puts what one lane stores elsewhere, for those who compare. */
  public void put(Warp w, int lane, MemorySegment to, long at) {
    for (int j = 0; j < a.length; j++) {
      if (a[j] >= 0) {
        element.put(to, at + (long) j * element.bytes(), w.files[element.file()][a[j]], lane);
      }
    }
  }
}
