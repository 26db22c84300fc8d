package dev.lockstep.simulator.memory;

/**
 * Where the state spaces lie in the generic address space. Global and constant addresses are
 * generic as they are; shared, local and parameter addresses count from zero in their own space and
 * from their window's start in the generic one. Nothing lies at or near address 0, so null pointers
 * fault.
 */
public final class Windows {
  /** Each block sees its own shared memory here. */
  public static final long SHARED = 0x0100_0000_0000L;

  /** Each thread sees its own local memory here. */
  public static final long LOCAL = 0x0200_0000_0000L;

  /** The kernel's parameters. */
  public static final long PARAM = 0x0300_0000_0000L;

  /** Constant memory of all modules. Its addresses are generic ones, as global memory's are. */
  public static final long CONST = 0x0400_0000_0000L;

  /** Functions have addresses here, but no bytes: they can be called, not read. */
  public static final long CODE = 0x0500_0000_0000L;

  /** What a driver keeps for a grid: where its blocks meet. */
  public static final long SYSTEM = 0x0600_0000_0000L;

  /** Size of each of the windows above. */
  public static final long SIZE = 0x0100_0000_0000L;

  /** Global memory starts here and goes up. */
  static final long GLOBAL = 0x7000_0000_0000L;

  private Windows() {}

  /** Whether a generic address lies in the window that starts at {@code window}. */
  public static boolean contains(long window, long address) {
    return address >= window && address < window + SIZE;
  }
}
