package dev.lockstep.simulator.op;

import dev.lockstep.simulator.execution.LaneAddresses;
import dev.lockstep.simulator.execution.Op;
import dev.lockstep.simulator.execution.Slot;
import dev.lockstep.simulator.execution.Warp;
import dev.lockstep.simulator.memory.Region;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** {@code ld}, of one to eight elements. */
public final class Load extends Op implements LaneMemoryOp {
  private final Element element;
  private final Address address;
  private final int[] d;
  private final int bytes;
  private final boolean overwritesAddress;

  /** Whether {@link Tuples} can do it. */
  private final boolean dealt;

  /**
   * @param d where the elements go: registers of the element's file
   */
  public Load(Element element, Address address, int[] d) {
    this.element = element;
    this.address = address;
    this.d = d;
    this.bytes = element.bytes() * d.length;
    boolean overwrites = false;
    for (int register : d) {
      overwrites |= address.uses(element.file(), register);
    }
    this.overwritesAddress = overwrites;
    this.dealt = Tuples.fits(element, d.length);
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
    if (overwritesAddress) {
      lanes.keep();
    }
    Region region = address.region(w, lanes, bytes);
    if (region == null) {
      apart(w, lanes);
      return;
    }
    MemorySegment from = region.segment();
    long shift = address.shift(region);
    if (d.length == 1) {
      one(from, lanes, shift, w.files[element.file()][d[0]]);
    } else if (lanes.stride() == bytes && dealt) {
      Tuples.load(w, element, from, lanes.first() + shift, d);
    } else {
      gather(w, from, lanes.values(), shift);
    }
  }

  private void apart(Warp w, LaneAddresses lanes) {
    lanes.settle();
    if (!w.full) {
      partly(w);
      return;
    }
    long[] places = address.localPlaces(w, lanes, bytes);
    if (places == null) {
      laneByLane(w);
    } else {
      gather(w, w.local(), places, 0);
    }
  }

  private void gather(Warp w, MemorySegment from, long[] places, long shift) {
    for (int j = 0; j < d.length; j++) {
      element.gather(
          from, places, shift + (long) j * element.bytes(), w.files[element.file()][d[j]]);
    }
  }

  /** Loads for all lanes, idle ones from where another loads, and keeps what the active get. */
  private void partly(Warp w) {
    LaneAddresses lanes = w.laneAddresses[0];
    if (d.length == 1 && areNeighbours(w, lanes)) {
      return;
    }
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
    MemorySegment from = region == null ? w.local() : region.segment();
    long shift = region == null ? 0 : address.shift(region);
    for (int j = 0; j < d.length; j++) {
      Object target = w.target(element.file(), d[j]);
      element.gather(from, places, shift + (long) j * element.bytes(), target);
      w.keep(element.file(), d[j]);
    }
  }

  /** The same where the idle lanes, too, have addresses of a row of neighbours. */
  private boolean areNeighbours(Warp w, LaneAddresses lanes) {
    address.look(w, lanes);
    if (lanes.stride() != bytes) {
      return false;
    }
    Region region = address.region(w, lanes, bytes);
    if (region == null) {
      return false;
    }
    Object target = w.target(element.file(), d[0]);
    long at = lanes.first() + address.shift(region);
    element.load(region.segment(), at, target, 0, Warp.LANES);
    w.keep(element.file(), d[0]);
    return true;
  }

  @Override
  public Address address() {
    return address;
  }

  @Override
  public List<Access> accesses() {
    return List.of(new Access(Access.Kind.LOAD, address, bytes));
  }

  private void one(MemorySegment from, LaneAddresses lanes, long shift, Object register) {
    long stride = lanes.stride();
    if (stride == bytes) {
      element.load(from, lanes.first() + shift, register, 0, Warp.LANES);
    } else if (stride == 0) {
      element.broadcast(from, lanes.first() + shift, register, 0, Warp.LANES);
    } else if (stride == LaneAddresses.IRREGULAR
        && inHalves(lanes.lowerStride(), lanes.upperStride())) {
      half(from, lanes.first() + shift, lanes.lowerStride(), register, 0);
      half(from, lanes.middle() + shift, lanes.upperStride(), register, Warp.LANES / 2);
    } else {
      element.gather(from, lanes.values(), shift, register);
    }
  }

  private boolean inHalves(long lower, long upper) {
    return (lower == bytes || lower == 0) && (upper == bytes || upper == 0);
  }

  private void half(MemorySegment from, long at, long stride, Object register, int lane) {
    if (stride == 0) {
      element.broadcast(from, at, register, lane, Warp.LANES / 2);
    } else {
      element.load(from, at, register, lane, Warp.LANES / 2);
    }
  }

  private void laneByLane(Warp w) {
    long[] values = address.values(w);
    if (overwritesAddress) {
      System.arraycopy(values, 0, w.addresses, 0, Warp.LANES);
      values = w.addresses;
    }
    Object[] file = w.files[element.file()];
    for (int rest = w.mask; rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      long at = address.locate(w, lane, values[lane], bytes, "load");
      for (int j = 0; j < d.length; j++) {
        element.get(w.located(), at + (long) j * element.bytes(), file[d[j]], lane);
      }
    }
  }

  /** {@code ld.param} of a fixed place: the same for all lanes, checked when it was decoded. */
  public static final class Parameter extends Op {
    private static final long[] SAME_PLACE = new long[Warp.LANES];

    private final Element element;
    private final long offset;
    private final int[] d;

    public Parameter(Element element, long offset, int[] d) {
      this.element = element;
      this.offset = offset;
      this.d = d;
    }

    @Override
    public void execute(Warp w) {
      for (int j = 0; j < d.length; j++) {
        Object target = w.target(element.file(), d[j]);
        long at = offset + (long) j * element.bytes();
        element.gather(w.parameters(), SAME_PLACE, at, target);
        w.keep(element.file(), d[j]);
      }
    }
  }

  /** {@code d} as register numbers. */
  public static int[] indices(List<? extends Slot<?>> slots) {
    return slots.stream().mapToInt(Slot::index).toArray();
  }
}
