package dev.lockstep.simulator.counters;

import dev.lockstep.ptx.Instruction;
import dev.lockstep.ptx.StateSpace;
import dev.lockstep.simulator.execution.Warp;
import dev.lockstep.simulator.memory.Windows;
import dev.lockstep.simulator.op.Access;
import dev.lockstep.simulator.op.Address;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One access of an instruction: counted in the state space its addresses lead to. */
final class Watched {
  /** The windows of the generic address space are as large as they are aligned. */
  private static final int WINDOW = Long.numberOfTrailingZeros(Windows.SIZE);

  private final Access access;
  private final Address address;
  private final @Nullable AccessCounter global;
  private final @Nullable AccessCounter shared;
  private final @Nullable AccessCounter local;

  Watched(Access access, Instruction in, Slots slots) {
    this.access = access;
    this.address = access.address();
    StateSpace space = address.space();
    boolean generic = space == StateSpace.GENERIC;
    int bytes = access.bytes();
    global =
        generic || space == StateSpace.GLOBAL
            ? new GlobalAccess(slots, globalKind(access.kind(), in), bytes)
            : null;
    shared =
        generic || space == StateSpace.SHARED
            ? new SharedAccess(slots, sharedKind(access.kind()), bytes)
            : null;
    local =
        (generic && !isAtomic()) || space == StateSpace.LOCAL
            ? new LocalAccess(slots, access.kind() == Access.Kind.STORE, bytes)
            : null;
  }

  /** The counters of all spaces it may lead to. */
  List<AccessCounter> counters() {
    List<AccessCounter> counters = new ArrayList<>();
    for (AccessCounter counter : new @Nullable AccessCounter[] {global, shared, local}) {
      if (counter != null) {
        counters.add(counter);
      }
    }
    return counters;
  }

  /** Where the addresses are, without what {@link #count} adds: possibly a register itself. */
  long[] values(Warp w) {
    return address.values(w);
  }

  /** Counts one execution by these lanes. */
  void count(Warp w, KernelTally tally, long[] values, int lanes) {
    long offset = address.offset();
    switch (address.space()) {
      case GENERIC -> generic(w, tally, values, offset, lanes);
      case GLOBAL -> count(global, w, tally, values, offset, lanes);
      case SHARED -> count(shared, w, tally, values, offset, lanes);
      case LOCAL -> count(local, w, tally, values, offset, lanes);
      default -> {}
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
      count(shared, w, tally, values, offset - start, lanes);
    } else if (start == Windows.LOCAL) {
      count(local, w, tally, values, offset - start, lanes);
    } else if (start != Windows.PARAM) {
      count(global, w, tally, values, offset, lanes);
    }
  }

  private static void count(
      @Nullable AccessCounter counter,
      Warp w,
      KernelTally tally,
      long[] values,
      long shift,
      int lanes) {
    if (counter != null) {
      counter.count(w, tally, values, shift, lanes);
    }
  }

  private boolean isAtomic() {
    return access.kind() == Access.Kind.ATOMIC;
  }

  private static GlobalAccess.Kind globalKind(Access.Kind kind, Instruction in) {
    return switch (kind) {
      case LOAD, MATRIX_LOAD -> GlobalAccess.Kind.LOAD;
      case STORE, MATRIX_STORE, ASYNC_WRITE -> GlobalAccess.Kind.STORE;
      case ASYNC_READ -> GlobalAccess.Kind.COPY;
      case ATOMIC ->
          in.opcode().equals("red") ? GlobalAccess.Kind.REDUCTION : GlobalAccess.Kind.ATOMIC;
    };
  }

  private static SharedAccess.Kind sharedKind(Access.Kind kind) {
    return switch (kind) {
      case LOAD, MATRIX_LOAD, ASYNC_READ -> SharedAccess.Kind.LOAD;
      case STORE, MATRIX_STORE, ASYNC_WRITE -> SharedAccess.Kind.STORE;
      case ATOMIC -> SharedAccess.Kind.ATOMIC;
    };
  }
}
