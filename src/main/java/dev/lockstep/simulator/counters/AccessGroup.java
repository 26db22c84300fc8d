package dev.lockstep.simulator.counters;

import dev.lockstep.ptx.Instruction;
import dev.lockstep.ptx.StateSpace;
import dev.lockstep.simulator.execution.LaneAddresses;
import dev.lockstep.simulator.execution.Warp;
import dev.lockstep.simulator.memory.Windows;
import dev.lockstep.simulator.op.Access;
import dev.lockstep.simulator.op.Address;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Accesses by one register: of an instruction, and of those behind it in a stretch that add other
 * offsets to the register before anything is written to it. They are counted together, in the state
 * space they lead to.
 */
final class AccessGroup {
  /** The windows of the generic address space are as large as they are aligned. */
  private static final int WINDOW = Long.numberOfTrailingZeros(Windows.SIZE);

  private final Address address;
  private final AccessCounter global;
  private final AccessCounter shared;
  private final AccessCounter local;

  /** Of these the one they lead to, when that is known beforehand. */
  private final @Nullable AccessCounter only;

  private final long offset;

  /**
   * @param address the first instruction's
   */
  AccessGroup(Address address, Slots slots) {
    this.address = address;
    this.global = new AccessCounter(slots);
    this.shared = new AccessCounter(slots);
    this.local = new AccessCounter(slots);
    this.offset = address.offset();
    this.only =
        switch (address.space()) {
          case GLOBAL -> global;
          case SHARED -> shared;
          case LOCAL -> local;
          default -> null;
        };
  }

  /** Whether an access goes by the same register. */
  boolean fits(Access access) {
    Address other = access.address();
    return address.space() == other.space()
        && address.wide() == other.wide()
        && address.register() == other.register();
  }

  /** Adds an instruction's access; returns what it costs in all spaces it may lead to. */
  List<MemoryCost> add(Access access, Instruction in, Slots slots) {
    StateSpace space = address.space();
    boolean generic = space == StateSpace.GENERIC;
    long distance = access.address().offset() - address.offset();
    List<MemoryCost> costs = new ArrayList<>();
    if (generic || space == StateSpace.GLOBAL) {
      MemoryCost cost = new GlobalCost(slots, globalKind(access.kind(), in), access.bytes());
      global.add(cost, distance);
      costs.add(cost);
    }
    if (generic || space == StateSpace.SHARED) {
      MemoryCost cost = new SharedCost(slots, sharedKind(access.kind()), access.bytes());
      shared.add(cost, distance);
      costs.add(cost);
    }
    if (generic || space == StateSpace.LOCAL) {
      boolean store = access.kind() == Access.Kind.STORE;
      MemoryCost cost = new LocalCost(slots, store, access.bytes());
      local.add(cost, distance);
      costs.add(cost);
    }
    return costs;
  }

  /** Where the addresses are, without what {@link #count} adds: possibly a register itself. */
  long[] values(Warp w) {
    return address.values(w);
  }

  /** Counts one execution by these lanes. */
  void count(Warp w, KernelTally tally, int lanes) {
    if (!address.wide() && address.space() == StateSpace.SHARED) {
      shared.count(w, tally, w.ints[address.register()], offset, lanes);
    } else {
      count(w, tally, address.values(w), lanes);
    }
  }

  /** The same, by values taken before. */
  void count(Warp w, KernelTally tally, long[] values, int lanes) {
    AccessCounter counter = only;
    if (counter != null) {
      counter.count(w, tally, values, offset, lanes);
    } else if (address.space() == StateSpace.GENERIC) {
      generic(w, tally, values, offset, lanes);
    }
  }

  /** The same of a full warp, whose addresses have been looked at. */
  void count(Warp w, KernelTally tally, LaneAddresses lanes) {
    AccessCounter counter = only;
    if (counter != null) {
      counter.count(w, tally, lanes, offset);
    } else if (address.space() == StateSpace.GENERIC) {
      long window = (lanes.low() + offset) >> WINDOW;
      if ((lanes.high() + offset) >> WINDOW == window) {
        inWindow(w, tally, lanes, offset, window);
      } else {
        generic(w, tally, lanes.values(), offset, -1);
      }
    }
  }

  private void generic(Warp w, KernelTally tally, long[] values, long offset, int lanes) {
    long window = (values[Integer.numberOfTrailingZeros(lanes)] + offset) >> WINDOW;
    if (lanes == -1 && allIn(window, values, offset)) {
      inWindow(w, tally, values, offset, lanes, window);
      return;
    }
    int rest = lanes;
    while (rest != 0) {
      window = (values[Integer.numberOfTrailingZeros(rest)] + offset) >> WINDOW;
      int same = 0;
      for (int others = rest; others != 0; others &= others - 1) {
        int lane = Integer.numberOfTrailingZeros(others);
        if ((values[lane] + offset) >> WINDOW == window) {
          same |= 1 << lane;
        }
      }
      inWindow(w, tally, values, offset, same, window);
      rest &= ~same;
    }
  }

  /** Without a branch, so that the loop becomes vector code. */
  private static boolean allIn(long window, long[] values, long offset) {
    long difference = 0;
    for (int i = 0; i < Warp.LANES; i++) {
      difference |= ((values[i] + offset) >> WINDOW) ^ window;
    }
    return difference == 0;
  }

  private void inWindow(
      Warp w, KernelTally tally, long[] values, long offset, int lanes, long window) {
    long start = window << WINDOW;
    if (start == Windows.SHARED) {
      shared.count(w, tally, values, offset - start, lanes);
    } else if (start == Windows.LOCAL) {
      local.count(w, tally, values, offset - start, lanes);
    } else if (start != Windows.PARAM) {
      global.count(w, tally, values, offset, lanes);
    }
  }

  private void inWindow(Warp w, KernelTally tally, LaneAddresses lanes, long offset, long window) {
    long start = window << WINDOW;
    if (start == Windows.SHARED) {
      shared.count(w, tally, lanes, offset - start);
    } else if (start == Windows.LOCAL) {
      local.count(w, tally, lanes, offset - start);
    } else if (start != Windows.PARAM) {
      global.count(w, tally, lanes, offset);
    }
  }

  private static GlobalCost.Kind globalKind(Access.Kind kind, Instruction in) {
    return switch (kind) {
      case LOAD, MATRIX_LOAD -> GlobalCost.Kind.LOAD;
      case STORE, MATRIX_STORE, ASYNC_WRITE -> GlobalCost.Kind.STORE;
      case ASYNC_READ -> GlobalCost.Kind.COPY;
      case ATOMIC -> in.opcode().equals("red") ? GlobalCost.Kind.REDUCTION : GlobalCost.Kind.ATOMIC;
    };
  }

  private static SharedCost.Kind sharedKind(Access.Kind kind) {
    return switch (kind) {
      case LOAD, MATRIX_LOAD, ASYNC_READ -> SharedCost.Kind.LOAD;
      case STORE, MATRIX_STORE, ASYNC_WRITE -> SharedCost.Kind.STORE;
      case ATOMIC -> SharedCost.Kind.ATOMIC;
    };
  }
}
