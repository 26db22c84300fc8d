package dev.lockstep.device;

/**
 * How a device is to run. A provider refuses an option it does not know, by name.
 *
 * @param threads worker threads of the simulator; 0 takes one per core. Never changes a result
 * @param stepLimit instructions one warp of the simulator may execute in one launch before it is
 *     called stuck; 0 takes the default
 */
public record DeviceOptions(int threads, long stepLimit) {
  public DeviceOptions {
    if (threads < 0) {
      throw new IllegalArgumentException("threads " + threads + " must be 0 (all cores) or more");
    }
    if (stepLimit < 0) {
      throw new IllegalArgumentException(
          "stepLimit " + stepLimit + " must be 0 (the default) or more");
    }
  }

  /** Everything as the provider likes it. */
  public static DeviceOptions defaults() {
    return new DeviceOptions(0, 0);
  }
}
