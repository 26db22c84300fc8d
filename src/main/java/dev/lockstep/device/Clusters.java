package dev.lockstep.device;

import dev.lockstep.device.DeviceProvider.Availability;

/**
 * Launches in {@linkplain Launch#cluster clusters}. A {@linkplain Device#capability capability};
 * whether this GPU and its driver have it is said by {@link #availability}.
 */
public interface Clusters {
  /** That they can be launched, or why not. */
  Availability availability();
}
