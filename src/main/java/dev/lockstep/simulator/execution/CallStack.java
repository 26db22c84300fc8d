package dev.lockstep.simulator.execution;

import dev.lockstep.device.DeviceFault;
import java.util.Arrays;

/**
 * Where each lane of a warp is to return to, and its frames in local memory. A frame starts where
 * the stack pointer stood when its function was called: parameters and results first, which the
 * caller reaches at its own stack pointer, then the function's variables.
 */
public final class CallStack {
  /**
   * What a kernel with calls asks for.
   *
   * @param framePointer long register, per lane: where the running function's frame starts
   * @param stackPointer long register, per lane: where the next one will start
   * @param kernelBytes the kernel's own frame
   */
  public record Layout(int framePointer, int stackPointer, long kernelBytes) {}

  /** Functions without frames may not call themselves for ever, either. */
  private static final int MAX_DEPTH = 1 << 14;

  private final Layout layout;
  private final long[] framePointers;
  private final long[] stackPointers;
  private final int[] depths = new int[Warp.LANES];
  private final int[][] returns = new int[Warp.LANES][8];
  private final long[][] frames = new long[Warp.LANES][8];
  private final int[] savedCounts = new int[Warp.LANES];
  private final long[][] saved = new long[Warp.LANES][8];

  CallStack(Layout layout, long[] framePointers, long[] stackPointers) {
    this.layout = layout;
    this.framePointers = framePointers;
    this.stackPointers = stackPointers;
  }

  /** A block starts. */
  void reset() {
    Arrays.fill(depths, 0);
    Arrays.fill(savedCounts, 0);
    Arrays.fill(framePointers, 0);
    Arrays.fill(stackPointers, layout.kernelBytes);
  }

  /** A lane calls a function whose frame has that many bytes and will come back to {@code pc}. */
  public void call(Warp w, int lane, int pc, long frameBytes) {
    reserve(w, lane, frameBytes);
    int depth = depths[lane]++;
    if (depth == returns[lane].length) {
      returns[lane] = Arrays.copyOf(returns[lane], 2 * depth);
      frames[lane] = Arrays.copyOf(frames[lane], 2 * depth);
    }
    returns[lane][depth] = pc;
    frames[lane][depth] = framePointers[lane];
    framePointers[lane] = stackPointers[lane];
    stackPointers[lane] += frameBytes;
  }

  /** A lane returns: to the place this gives. */
  public int leave(int lane) {
    int depth = --depths[lane];
    stackPointers[lane] = framePointers[lane];
    framePointers[lane] = frames[lane][depth];
    return returns[lane][depth];
  }

  /**
   * Makes sure that there is room above the stack pointer.
   *
   * @throws DeviceFault.StackOverflow when there is not
   */
  public void reserve(Warp w, int lane, long bytes) {
    long top = stackPointers[lane] + bytes;
    if (bytes < 0 || top > w.localBytes() || depths[lane] > MAX_DEPTH) {
      throw new DeviceFault.StackOverflow(
          "%d bytes of local memory, %d calls deep".formatted(w.localBytes(), depths[lane]),
          w.site(lane));
    }
  }

  /** Takes memory from the stack until the function returns; its address. */
  public long allocate(Warp w, int lane, long bytes) {
    reserve(w, lane, bytes);
    long start = stackPointers[lane];
    stackPointers[lane] += bytes;
    return start;
  }

  /** Sets the stack pointer back to what it was. */
  public void restore(int lane, long stackPointer) {
    stackPointers[lane] = stackPointer;
  }

  public long framePointer(int lane) {
    return framePointers[lane];
  }

  public long stackPointer(int lane) {
    return stackPointers[lane];
  }

  /** Keeps a register's value through a recursive call. */
  public void save(int lane, long bits) {
    int at = savedCounts[lane]++;
    if (at == saved[lane].length) {
      saved[lane] = Arrays.copyOf(saved[lane], 2 * at);
    }
    saved[lane][at] = bits;
  }

  /** What was saved last and not yet given back. */
  public long restored(int lane) {
    return saved[lane][--savedCounts[lane]];
  }

  /**
   * Which of two lanes is further behind, as {@link LaneGroups} means it: a lane in a function is
   * just behind the call it has to come back from, in whatever function that stands.
   */
  int compare(int a, int pcA, int b, int pcB) {
    for (int level = 0; ; level++) {
      int placeA = place(a, pcA, level);
      int placeB = place(b, pcB, level);
      if (placeA != placeB) {
        return Integer.compare(placeA, placeB);
      }
      if (level == depths[a]) {
        return 0;
      }
    }
  }

  /** How far a running lane may go before it has to look whether it meets a waiting one. */
  int limit(int running, int waiting, int pc) {
    for (int level = 0; ; level++) {
      if (level == depths[running]) {
        return level == depths[waiting] ? pc : returns[waiting][level];
      }
      int here = place(running, 0, level);
      int there = place(waiting, pc, level);
      if (here != there) {
        return here < there ? LaneGroups.NEVER : LaneGroups.STOP;
      }
    }
  }

  /** Even for an instruction about to be executed, odd for a call that was. */
  private int place(int lane, int pc, int level) {
    return level == depths[lane] ? 2 * pc : 2 * returns[lane][level] - 1;
  }
}
