package dev.lockstep.simulator.lowering;

import dev.lockstep.ptx.PtxFunction;
import dev.lockstep.ptx.PtxModule;
import dev.lockstep.simulator.memory.Windows;

/**
 * Addresses of device functions, and of kernels behind them, which nobody can call: the same for
 * all kernels of a module, so that tables may hold them.
 */
public final class CodeAddresses {
  private static final int SPACING = 16;

  private CodeAddresses() {}

  /** The address of a kernel or of a function with a body; 0 when there is none of that name. */
  public static long of(PtxModule module, String name) {
    PtxFunction function = module.function(name);
    if (function != null) {
      return of(module.functions().indexOf(function));
    }
    for (int i = 0; i < module.kernels().size(); i++) {
      if (module.kernels().get(i).name().equals(name)) {
        return of(module.functions().size() + i);
      }
    }
    return 0;
  }

  /** The address of the module's n-th function, kernels following the functions. */
  static long of(int n) {
    return Windows.CODE + (long) SPACING * (n + 1);
  }

  /** The number of the function at an address, or one beyond those of functions. */
  public static long number(long address) {
    long offset = address - Windows.CODE;
    return (offset & (SPACING - 1)) == 0 ? offset / SPACING - 1 : -1;
  }
}
