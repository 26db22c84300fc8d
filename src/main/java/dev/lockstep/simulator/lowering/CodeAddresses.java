package dev.lockstep.simulator.lowering;

import dev.lockstep.simulator.memory.Windows;

/**
 * Addresses of device functions, and of kernels behind them, which nobody can call: the same for
 * all kernels of a module, so that tables may hold them.
 */
final class CodeAddresses {
  private static final int SPACING = 16;

  private CodeAddresses() {}

  /** The address of the module's n-th function, kernels following the functions. */
  static long of(int n) {
    return Windows.CODE + (long) SPACING * (n + 1);
  }

  /** The number of the function at an address, or one beyond those of functions. */
  static long number(long address) {
    long offset = address - Windows.CODE;
    return (offset & (SPACING - 1)) == 0 ? offset / SPACING - 1 : -1;
  }
}
