package dev.lockstep.simulator.jit;

import dev.lockstep.simulator.execution.Slot;

/**
 * Where a value lives in a warp.
 *
 * @param file one of the files of {@link Slot}, or {@link #PREDICATES}
 * @param index in the file
 * @param uniform whether all lanes hold the same value and nothing writes it during a launch: a
 *     literal, a parameter, the block's place in the grid
 */
public record Place(int file, int index, boolean uniform) implements Source {
  /** Beside the files of {@link Slot}. */
  public static final int PREDICATES = 4;

  /**
   * Whether a register of a file and size can hold a value of a form's type as it is, so that bits
   * need at most to change their Java type.
   *
   * @param bytes the register's size
   */
  public static boolean fits(int file, int bytes, char type) {
    return switch (type) {
      case 'p' -> file == PREDICATES;
      case 'h', 's' -> file == Slot.INTS && bytes == 2;
      case 'f', 'i' -> file == Slot.FLOATS || file == Slot.INTS && bytes == 4;
      default -> file == Slot.LONGS || file == Slot.DOUBLES;
    };
  }
}
