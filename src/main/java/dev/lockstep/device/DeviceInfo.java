package dev.lockstep.device;

/**
 * What a device says of itself.
 *
 * @param provider the name it is chosen by: {@code cuda} or {@code sim}
 * @param name product name, for people
 * @param computeCapability for example {@code 8.0}
 * @param multiprocessors streaming multiprocessors, of the modelled GPU on the simulator
 * @param memoryBytes total device memory
 * @param sharedBytesPerBlock shared memory a block may have, when its kernel asks for it
 */
public record DeviceInfo(
    String provider,
    String name,
    String computeCapability,
    int multiprocessors,
    long memoryBytes,
    int sharedBytesPerBlock) {}
