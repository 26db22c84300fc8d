package dev.lockstep.simulator.lowering;

import dev.lockstep.ptx.PtxFunction;
import dev.lockstep.ptx.PtxModule;
import dev.lockstep.simulator.memory.Windows;

/**
 * Addresses of device functions: the same for all kernels of a module, so that tables may hold
 * them.
 */
public final class CodeAddresses {
  private static final int SPACING = 16;

  private CodeAddresses() {}

  /** The address of a function with a body; 0 when there is none of that name. */
  public static long of(PtxModule module, String name) {
    PtxFunction function = module.function(name);
    return function == null ? 0 : of(module.functions().indexOf(function));
  }

  /** The address of the module's n-th function. */
  static long of(int n) {
    return Windows.CODE + (long) SPACING * (n + 1);
  }

  /** The number of the function at an address, or one out of range. */
  public static long number(long address) {
    long offset = address - Windows.CODE;
    return (offset & (SPACING - 1)) == 0 ? offset / SPACING - 1 : -1;
  }
}
