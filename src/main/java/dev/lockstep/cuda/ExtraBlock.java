package dev.lockstep.cuda;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The {@code extra} argument of {@code cuLaunchKernel}, through which all parameters travel as one
 * packed block. Kept and filled again, so that launching allocates nothing.
 *
 * <pre>
 *   0  CU_LAUNCH_PARAM_BUFFER_POINTER   (void*) 1
 *   8  address of the parameter block
 *  16  CU_LAUNCH_PARAM_BUFFER_SIZE      (void*) 2
 *  24  address of the size, below
 *  32  CU_LAUNCH_PARAM_END              (void*) 0
 *  40  size of the parameter block
 * </pre>
 */
final class ExtraBlock {
  private static final long BUFFER_ADDRESS = 8;
  private static final long SIZE = 40;

  private final MemorySegment words;

  ExtraBlock(Arena arena) {
    words = arena.allocate(48, 8);
    words.set(ValueLayout.JAVA_LONG, 0, 1);
    words.set(ValueLayout.JAVA_LONG, 16, 2);
    words.set(ValueLayout.JAVA_LONG, 24, words.address() + SIZE);
    words.set(ValueLayout.JAVA_LONG, 32, 0);
  }

  /** Names the parameters of the next launch; returns this block's own address. */
  long pointTo(long parameters, long bytes) {
    words.set(ValueLayout.JAVA_LONG, BUFFER_ADDRESS, parameters);
    words.set(ValueLayout.JAVA_LONG, SIZE, bytes);
    return words.address();
  }
}
