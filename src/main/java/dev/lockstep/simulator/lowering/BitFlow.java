package dev.lockstep.simulator.lowering;

import dev.lockstep.ptx.Register;

/**
 * Bits of a register that go into another one as they are, shifted, or spread over several.
 *
 * @param mask which bits of {@code from}
 * @param shift how far to the left; to the right when negative
 * @param spread the bits of {@code to} that each of them decides, as a sign does; 0 if each decides
 *     one
 */
public record BitFlow(Register from, Register to, long mask, int shift, long spread) {
  /** All of a register. */
  static BitFlow whole(Register from, Register to) {
    return new BitFlow(from, to, -1, 0, 0);
  }

  /** Which bits of {@link #to} come from these bits of {@link #from}. */
  public long forward(long bits) {
    long moved = bits & mask;
    if (spread != 0) {
      return moved == 0 ? 0 : spread;
    }
    return shift >= 0 ? moved << shift : moved >>> -shift;
  }

  /** Which bits of {@link #from} these bits of {@link #to} come from. */
  public long backward(long bits) {
    if (spread != 0) {
      return (bits & spread) == 0 ? 0 : mask;
    }
    return (shift >= 0 ? bits >>> shift : bits << -shift) & mask;
  }
}
