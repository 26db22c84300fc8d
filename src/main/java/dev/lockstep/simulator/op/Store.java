package dev.lockstep.simulator.op;

import dev.lockstep.simulator.execution.LaneAddresses;
import dev.lockstep.simulator.execution.Op;
import dev.lockstep.simulator.execution.Warp;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** {@code st}, of one to eight elements. */
public final class Store extends Op implements LaneMemoryOp {
  private final Element element;
  private final Address address;
  private final int[] a;
  private final int bytes;

  /**
   * @param a what is stored: registers of the element's file, −1 where nothing is
   */
  public Store(Element element, Address address, int[] a) {
    this.element = element;
    this.address = address;
    this.a = a;
    this.bytes = element.bytes() * a.length;
  }

  @Override
  public void execute(Warp w) {
    if (w.full) {
      LaneAddresses lanes = w.laneAddresses[0];
      address.look(w, lanes);
      execute(w, lanes);
    } else {
      laneByLane(w);
    }
  }

  @Override
  public void execute(Warp w, LaneAddresses lanes) {
    long shift = address.shift(w, lanes, bytes);
    if (shift == Address.APART) {
      laneByLane(w);
    } else if (a.length == 1 && lanes.stride() == bytes) {
      element.store(w.segment, lanes.first() + shift, w.files[element.file()][a[0]]);
    } else {
      for (int j = 0; j < a.length; j++) {
        if (a[j] >= 0) {
          element.scatter(
              w.segment,
              lanes.values(),
              shift + (long) j * element.bytes(),
              w.files[element.file()][a[j]]);
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
          element.put(w.segment, at + (long) j * element.bytes(), file[a[j]], lane);
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
