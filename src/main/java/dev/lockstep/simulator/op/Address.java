package dev.lockstep.simulator.op;

import dev.lockstep.device.DeviceFault;
import dev.lockstep.ptx.StateSpace;
import dev.lockstep.simulator.execution.LaneAddresses;
import dev.lockstep.simulator.execution.Slot;
import dev.lockstep.simulator.execution.Warp;
import dev.lockstep.simulator.memory.GlobalMemory;
import dev.lockstep.simulator.memory.Region;
import dev.lockstep.simulator.memory.Windows;
import org.jspecify.annotations.Nullable;

/**
 * The address operand of one instruction: {@code [register + offset]} in a state space. Checks
 * accesses, all lanes at once where they fall into one region, lane by lane otherwise.
 */
public final class Address {
  private static final int LANES = Warp.LANES;

  /** Row k: lane i times 2^k, what addresses of neighbouring elements differ by. */
  private static final long[][] STEPS = steps();

  private final StateSpace space;
  private final boolean wide;
  private final int register;
  private final long offset;

  /**
   * The allocation last hit, on whatever device: they share code. Written by any thread without
   * order: a region never changes.
   */
  private @Nullable Region last;

  /**
   * @param register {@code LONGS} or, for 32-bit addresses of shared memory, {@code INTS}
   */
  public Address(StateSpace space, Slot<?> register, long offset) {
    this.space = space;
    this.wide = register.file() == Slot.LONGS;
    this.register = register.index();
    this.offset = offset;
  }

  private Address(Address from, long more) {
    this.space = from.space;
    this.wide = from.wide;
    this.register = from.register;
    this.offset = from.offset + more;
  }

  /** Whether {@link #register} is one of {@code LONGS}; else it is one of {@code INTS}. */
  public boolean wide() {
    return wide;
  }

  /** The register it is computed from. */
  public int register() {
    return register;
  }

  /** The allocation in global memory that holds {@code bytes} bytes at an address, or null. */
  public @Nullable Region allocation(Warp w, long address, int bytes) {
    return global(w, address, bytes);
  }

  /** The place {@code bytes} bytes on. */
  public Address plus(long bytes) {
    return new Address(this, bytes);
  }

  /** Whether another address is computed from the same register. */
  public boolean sharesRegister(Address other) {
    return wide == other.wide && register == other.register;
  }

  /** Looks at the register's 32 values, offset not added. */
  public void look(Warp w, LaneAddresses into) {
    if (wide) {
      into.look(w.longs[register]);
    } else {
      into.look(w.ints[register]);
    }
  }

  /** Whether it is computed from this register. */
  boolean uses(int file, int index) {
    return wide && file == Slot.LONGS && index == register;
  }

  /** The state space its values are addresses in. */
  public StateSpace space() {
    return space;
  }

  /** What is added to the register's values. */
  public long offset() {
    return offset;
  }

  /**
   * The register's 32 values, offset not added: possibly the register itself. 32-bit ones come with
   * their sign: a register below zero and an offset above it can meet inside.
   */
  public long[] values(Warp w) {
    if (wide) {
      return w.longs[register];
    }
    long[] values = w.addresses;
    int[] from = w.ints[register];
    for (int i = 0; i < LANES; i++) {
      values[i] = from[i];
    }
    return values;
  }

  /**
   * Whether all lanes access neighbours of {@code bytes} each.
   *
   * @param bytes a power of two
   */
  public static boolean neighbours(long[] values, int bytes) {
    long[] steps = STEPS[Integer.numberOfTrailingZeros(bytes)];
    long first = values[0];
    long difference = 0;
    for (int i = 0; i < LANES; i++) {
      difference |= (values[i] - first) ^ steps[i];
    }
    return difference == 0;
  }

  /**
   * What holds all 32 lanes' accesses of {@code bytes} each. Null when they must be looked at one
   * by one, for lying in several regions or for being wrong.
   */
  @Nullable Region region(Warp w, long[] values, int bytes) {
    Region region = region(w, values[0] + offset, bytes);
    if (region == null || !inside(values, shift(region), region.bytes() - bytes, bytes - 1)) {
      return null;
    }
    return region;
  }

  /** {@link #region(Warp, long[], int)} of addresses that have been looked at. */
  @Nullable Region region(Warp w, LaneAddresses lanes, int bytes) {
    long first = lanes.low() + offset;
    Region region = region(w, first, bytes);
    if (region == null
        || !region.contains(first, bytes)
        || !region.contains(lanes.high() + offset, bytes)
        || !lanes.areMultiples(bytes, offset)) {
      return null;
    }
    return region;
  }

  /** What to add to the register's values: then they count from the region's first byte. */
  long shift(Region region) {
    return offset - region.start();
  }

  /** {@link #look(Warp, LaneAddresses)} at the active lanes. */
  void lookActive(Warp w, LaneAddresses into) {
    into.look(values(w), w.mask);
  }

  /**
   * Where all 32 lanes' accesses lie in {@link Warp#local}; null when they are elsewhere, or one is
   * wrong. The array is valid within one op.
   */
  long @Nullable [] localPlaces(Warp w, LaneAddresses lanes, int bytes) {
    long shift = offset;
    if (space == StateSpace.GENERIC && Windows.contains(Windows.LOCAL, lanes.low() + offset)) {
      shift -= Windows.LOCAL;
    } else if (space != StateSpace.LOCAL) {
      return null;
    }
    long each = w.localBytes();
    if (lanes.low() + shift < 0
        || lanes.high() + shift > each - bytes
        || !lanes.areMultiples(bytes, shift)) {
      return null;
    }
    long[] values = lanes.values();
    long[] places = w.addresses;
    for (int i = 0; i < LANES; i++) {
      places[i] = values[i] + shift + i * each;
    }
    return places;
  }

  /**
   * Whether all lanes access from 0 to {@code last} and with none of the bits {@code misaligned}.
   * Without a branch, so that the loop becomes vector code: a sign bit tells who is outside.
   */
  public static boolean inside(long[] values, long shift, long last, int misaligned) {
    long outside = 0;
    long bits = 0;
    for (int i = 0; i < LANES; i++) {
      long at = values[i] + shift;
      outside |= at | (last - at);
      bits |= at;
    }
    return outside >= 0 && (bits & misaligned) == 0;
  }

  private @Nullable Region region(Warp w, long address, int bytes) {
    return switch (space) {
      case SHARED -> w.shared();
      case GENERIC ->
          Windows.contains(Windows.SHARED, address) ? w.sharedWindow() : global(w, address, bytes);
      case GLOBAL, CONST -> global(w, address, bytes);
      case LOCAL, PARAM -> null;
    };
  }

  private @Nullable Region global(Warp w, long address, int bytes) {
    GlobalMemory memory = w.global();
    Region region = last;
    if (region == null || !region.contains(address, bytes) || !memory.owns(region)) {
      region = memory.find(address, bytes);
      if (region != null) {
        last = region;
      }
    }
    return region;
  }

  /**
   * The checked place of one lane's access: its offset in {@link Warp#located}.
   *
   * @param what the access in words, for the fault
   */
  long locate(Warp w, int lane, long value, int bytes, String what) {
    return locate(w, lane, value, bytes, what, bytes);
  }

  /** {@link #locate(Warp, int, long, int, String)} with an alignment that is not the size. */
  long locate(Warp w, int lane, long value, int alignment, String what, int bytes) {
    long address = value + offset;
    if ((address & (alignment - 1)) != 0) {
      throw new DeviceFault.MisalignedAddress(
          access(what, bytes), address, alignment, w.site(lane));
    }
    return switch (space) {
      case SHARED -> inShared(w, lane, address, bytes, what, 0);
      case LOCAL -> inLocal(w, lane, address, bytes, what, 0);
      case PARAM -> inParam(w, lane, address, bytes, what, 0);
      case GLOBAL, CONST -> inGlobal(w, lane, address, bytes, what);
      case GENERIC -> {
        if (Windows.contains(Windows.SHARED, address)) {
          yield inShared(w, lane, address, bytes, what, Windows.SHARED);
        }
        if (Windows.contains(Windows.LOCAL, address)) {
          yield inLocal(w, lane, address, bytes, what, Windows.LOCAL);
        }
        if (Windows.contains(Windows.PARAM, address)) {
          yield inParam(w, lane, address, bytes, what, Windows.PARAM);
        }
        yield inGlobal(w, lane, address, bytes, what);
      }
    };
  }

  private long inGlobal(Warp w, int lane, long address, int bytes, String what) {
    Region region = global(w, address, bytes);
    if (region == null) {
      String nearest = w.global().describe(address);
      throw new DeviceFault.IllegalAddress(access(what, bytes), address, nearest, w.site(lane));
    }
    w.locate(region.segment());
    return address - region.start();
  }

  private long inShared(Warp w, int lane, long address, int bytes, String what, long window) {
    Region shared = w.shared();
    w.locate(shared.segment());
    return inside(w, lane, address, window, shared.bytes(), bytes, what, "shared memory");
  }

  private long inLocal(Warp w, int lane, long address, int bytes, String what, long window) {
    w.locate(w.local());
    long each = w.localBytes();
    return lane * each + inside(w, lane, address, window, each, bytes, what, "local memory");
  }

  private long inParam(Warp w, int lane, long address, int bytes, String what, long window) {
    w.locate(w.parameters());
    long size = w.parameters().byteSize();
    return inside(w, lane, address, window, size, bytes, what, "the parameters");
  }

  private long inside(
      Warp w, int lane, long address, long window, long size, int bytes, String what, String name) {
    long at = address - window;
    if (at < 0 || at > size - bytes) {
      long shown = wide ? address : address & 0xffff_ffffL;
      throw new DeviceFault.IllegalAddress(
          access(what, bytes), shown, name + " has " + size + " bytes", w.site(lane));
    }
    return at;
  }

  private String access(String what, int bytes) {
    String where = space == StateSpace.GENERIC ? "" : space.spelling() + " ";
    return where + what + " of " + bytes + " bytes";
  }

  private static long[][] steps() {
    long[][] steps = new long[6][LANES];
    for (int k = 0; k < steps.length; k++) {
      for (int i = 0; i < LANES; i++) {
        steps[k][i] = (long) i << k;
      }
    }
    return steps;
  }
}
