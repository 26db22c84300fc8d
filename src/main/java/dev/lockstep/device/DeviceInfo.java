package dev.lockstep.device;

/**
 * What a device says of itself.
 *
 * @param provider the name it is chosen by: {@code cuda} or {@code sim}
 * @param name product name, for people
 * @param computeCapability for example {@code 8.0}
 * @param multiprocessors streaming multiprocessors, or the simulator's worker threads
 * @param memoryBytes total device memory
 */
public record DeviceInfo(
    String provider,
    String name,
    String computeCapability,
    int multiprocessors,
    long memoryBytes) {}
