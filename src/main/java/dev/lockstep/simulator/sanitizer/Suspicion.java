package dev.lockstep.simulator.sanitizer;

import dev.lockstep.device.DeviceFault;
import org.jspecify.annotations.Nullable;

/**
 * A read of shared memory where nobody has written. It may turn out to be one half of a race: if
 * another thread writes there before the two meet, that is reported, else this.
 */
final class Suspicion {
  private @Nullable DeviceFault fault;

  void clear() {
    fault = null;
  }

  boolean exists() {
    return fault != null;
  }

  /**
   * Reports what was found.
   *
   * @param waits until more is known
   */
  void report(DeviceFault found, boolean waits) {
    if (!waits) {
      throw found;
    }
    fault = fault == null ? found : fault;
  }

  /** Nobody can write any more where somebody read what was not written. */
  void confirm() {
    if (fault != null) {
      throw fault;
    }
  }

  /**
   * What went wrong first, when something was thrown: a wrong address or an endless loop may come
   * from what was read where nobody had written; that threads miss each other does not.
   */
  Throwable explain(Throwable thrown) {
    return switch (thrown) {
      case DeviceFault.SharedMemoryRace race -> race;
      case DeviceFault.AsyncCopyNotWaited copy -> copy;
      case DeviceFault.BarrierDivergence barrier -> barrier;
      case DeviceFault.Deadlock deadlock -> deadlock;
      default -> fault == null ? thrown : fault;
    };
  }
}
