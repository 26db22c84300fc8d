package dev.lockstep.simulator.op;

import dev.lockstep.simulator.execution.Op;
import dev.lockstep.simulator.execution.Slot;
import dev.lockstep.simulator.execution.Warp;
import java.util.List;

/** {@code ld}, of one to eight elements. */
public final class Load extends Op implements MemoryOp {
  private final Element element;
  private final Address address;
  private final int[] d;
  private final int bytes;
  private final boolean overwritesAddress;

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
  }

  @Override
  public void execute(Warp w) {
    long[] values = address.values(w);
    if (overwritesAddress) {
      System.arraycopy(values, 0, w.addresses, 0, Warp.LANES);
      values = w.addresses;
    }
    Object[] file = w.files[element.file()];
    if (w.full && whole(w, values, file)) {
      return;
    }
    for (int rest = w.mask; rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      long at = address.locate(w, lane, values[lane], bytes, "load");
      for (int j = 0; j < d.length; j++) {
        element.get(w.segment, at + (long) j * element.bytes(), file[d[j]], lane);
      }
    }
  }

  @Override
  public List<Access> accesses() {
    return List.of(new Access(Access.Kind.LOAD, address, bytes));
  }

  private boolean whole(Warp w, long[] values, Object[] file) {
    if (Address.neighbours(values, bytes)) {
      long shift = address.shiftNeighbours(w, values, bytes);
      if (shift == Address.APART) {
        return false;
      }
      if (d.length == 1) {
        element.load(w.segment, values[0] + shift, file[d[0]]);
        return true;
      }
      gather(w, values, file, shift);
      return true;
    }
    long shift = address.shift(w, values, bytes);
    if (shift == Address.APART) {
      return false;
    }
    gather(w, values, file, shift);
    return true;
  }

  private void gather(Warp w, long[] values, Object[] file, long shift) {
    for (int j = 0; j < d.length; j++) {
      element.gather(w.segment, values, shift + (long) j * element.bytes(), file[d[j]]);
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
