package dev.lockstep.device;

/**
 * A kernel did what no kernel may: one subclass per kind of mistake, each with its place. The
 * simulator fills every field; a real GPU those it can know.
 */
public abstract sealed class DeviceFault extends RuntimeException {
  private final FaultSite site;

  private DeviceFault(String what, FaultSite site) {
    this(what, "at " + site, site);
  }

  private DeviceFault(String what, String where, FaultSite site) {
    super(what + " " + where);
    this.site = site;
  }

  /** Where it happened. */
  public FaultSite site() {
    return site;
  }

  /** An access to memory nobody allocated, or past the end of what was. */
  public static final class IllegalAddress extends DeviceFault {
    /** Says what kind of access it was, and which memory is nearest. */
    public IllegalAddress(String access, long address, String nearest, FaultSite site) {
      super("illegal address 0x%x (%s; %s)".formatted(address, access, nearest), site);
    }
  }

  /** An access at an address that is no multiple of its size. */
  public static final class MisalignedAddress extends DeviceFault {
    /** Says what kind of access it was, and what its address must be a multiple of. */
    public MisalignedAddress(String access, long address, int alignment, FaultSite site) {
      super(
          "misaligned address 0x%x (%s needs a multiple of %d)"
              .formatted(address, access, alignment),
          site);
    }
  }

  /** A read of memory or of a register that nothing has written. */
  public static final class UninitializedRead extends DeviceFault {
    /** Says {@code what}. */
    public UninitializedRead(String what, FaultSite site) {
      super("uninitialized read: " + what, site);
    }
  }

  /**
   * Two threads of a block access one place in shared memory, one writes, and no barrier parts
   * them.
   */
  public static final class SharedMemoryRace extends DeviceFault {
    /** Says {@code what}. */
    public SharedMemoryRace(String what, FaultSite site) {
      super("shared memory race: " + what, site);
    }
  }

  /** An access to the destination of a {@code cp.async} that was not waited for. */
  public static final class AsyncCopyNotWaited extends DeviceFault {
    /** Says {@code what}. */
    public AsyncCopyNotWaited(String what, FaultSite site) {
      super("cp.async not waited for: " + what, site);
    }
  }

  /** Threads of a warp met an operation that all of them must reach together, and some did not. */
  public static final class BarrierDivergence extends DeviceFault {
    /** Says {@code what}. */
    public BarrierDivergence(String what, FaultSite site) {
      super("divergent barrier: " + what, site);
    }
  }

  /** Warps wait for each other and none can go on. */
  public static final class Deadlock extends DeviceFault {
    /** Says {@code waiting}. */
    public Deadlock(String waiting, FaultSite site) {
      super("deadlock: " + waiting, site);
    }
  }

  /** An instruction the simulator does not execute; found when the kernel is loaded. */
  public static final class UnsupportedInstruction extends DeviceFault {
    /** Says {@code what}. */
    public UnsupportedInstruction(String what, FaultSite site) {
      super("unsupported instruction: " + what, "in " + site.unlaunched(), site);
    }
  }

  /** Calls nested deeper than a thread's local memory allows. */
  public static final class StackOverflow extends DeviceFault {
    /** Says {@code what}. */
    public StackOverflow(String what, FaultSite site) {
      super("stack overflow: " + what, site);
    }
  }

  /** A warp ran longer than the step limit. */
  public static final class StepLimit extends DeviceFault {
    /** Says how many instructions a warp may execute. */
    public StepLimit(long limit, FaultSite site) {
      super("a warp executed " + limit + " instructions without finishing", site);
    }
  }

  /** The kernel called {@code trap}. */
  public static final class Trap extends DeviceFault {
    /** Says {@code what}. */
    public Trap(String what, FaultSite site) {
      super(what, site);
    }
  }

  /** A device-side {@code assert} failed. */
  public static final class AssertionFailed extends DeviceFault {
    /** Says {@code what}. */
    public AssertionFailed(String what, FaultSite site) {
      super("assertion failed: " + what, site);
    }
  }
}
