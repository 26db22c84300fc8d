package dev.lockstep.simulator.sanitizer;

import dev.lockstep.device.FaultSite;
import dev.lockstep.ptx.Register;
import org.jspecify.annotations.Nullable;

/**
 * Where a value that is none comes from: memory nobody has written, or a register never set.
 *
 * @param register the register, if it is one
 * @param setNowhere whether no instruction at all sets it
 * @param memory the memory, if it is that
 * @param computed whether something was computed with it since, rather than moved
 */
record Origin(
    @Nullable Register register, boolean setNowhere, @Nullable Memory memory, boolean computed) {
  /**
   * Memory that was read.
   *
   * @param what that was read, in words
   * @param site by whom
   * @param address generic, or of the space
   * @param shared whether in shared memory, where it may be half of a race
   * @param whole whether nothing that was read has a value
   * @param padding whether it may be what fills up a structure
   */
  record Memory(
      String what, FaultSite site, long address, boolean shared, boolean whole, boolean padding) {}

  static Origin of(Register register, boolean setNowhere) {
    return new Origin(register, setNowhere, null, false);
  }

  static Origin of(Memory memory) {
    return new Origin(null, false, memory, false);
  }

  /** The same once something was computed with it. */
  Origin used() {
    return computed ? this : new Origin(register, setNowhere, memory, true);
  }

  /** The more telling of two: padding is seldom what went wrong. */
  static @Nullable Origin worse(@Nullable Origin first, @Nullable Origin second) {
    return first == null || second != null && first.isPadding() && !second.isPadding()
        ? second
        : first;
  }

  boolean isShared() {
    return memory != null && memory.shared;
  }

  private boolean isPadding() {
    return memory != null && memory.padding && !computed;
  }
}
