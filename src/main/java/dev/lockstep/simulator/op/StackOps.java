package dev.lockstep.simulator.op;

import dev.lockstep.simulator.execution.CallStack;
import dev.lockstep.simulator.execution.Op;
import dev.lockstep.simulator.execution.Slot;
import dev.lockstep.simulator.execution.Warp;

/** What moves the stack pointer beside calls: {@code alloca}, {@code stacksave/restore}. */
public final class StackOps {
  private StackOps() {}

  /** Makes sure, before parameters are put there, that there is room above the stack pointer. */
  public static final class Reserve extends Op {
    private final long bytes;

    public Reserve(long bytes) {
      this.bytes = bytes;
    }

    @Override
    public void execute(Warp w) {
      CallStack calls = w.calls();
      for (int rest = w.mask; rest != 0; rest &= rest - 1) {
        calls.reserve(w, Integer.numberOfTrailingZeros(rest), bytes);
      }
    }
  }

  /** {@code alloca}: in units of the alignment of frames, so that the next frame is aligned. */
  public static final class Allocate extends Op {
    private final int d;
    private final int size;
    private final long unit;

    public Allocate(Slot<long[]> d, Slot<long[]> size, long unit) {
      this.d = d.index();
      this.size = size.index();
      this.unit = unit;
    }

    @Override
    public void execute(Warp w) {
      for (int rest = w.mask; rest != 0; rest &= rest - 1) {
        int lane = Integer.numberOfTrailingZeros(rest);
        long bytes = w.longs[size][lane];
        if (bytes < 0 || bytes > w.localBytes()) {
          bytes = w.localBytes() + 1L;
        }
        w.longs[d][lane] = w.calls().allocate(w, lane, (bytes + unit - 1) & -unit);
      }
    }
  }

  /** {@code stacksave}. */
  public static final class Save extends Op {
    private final int d;

    public Save(Slot<long[]> d) {
      this.d = d.index();
    }

    @Override
    public void execute(Warp w) {
      for (int rest = w.mask; rest != 0; rest &= rest - 1) {
        int lane = Integer.numberOfTrailingZeros(rest);
        w.longs[d][lane] = w.calls().stackPointer(lane);
      }
    }
  }

  /** {@code stackrestore}. */
  public static final class Restore extends Op {
    private final int a;

    public Restore(Slot<long[]> a) {
      this.a = a.index();
    }

    @Override
    public void execute(Warp w) {
      for (int rest = w.mask; rest != 0; rest &= rest - 1) {
        int lane = Integer.numberOfTrailingZeros(rest);
        w.calls().restore(lane, w.longs[a][lane]);
      }
    }
  }
}
