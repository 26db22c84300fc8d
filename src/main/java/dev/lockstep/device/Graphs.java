package dev.lockstep.device;

import java.util.function.Consumer;

/**
 * Work recorded once and repeated with one call, which costs a device's driver less than queueing
 * each part of it. A {@linkplain Device#capability capability}: devices without it queue.
 */
public interface Graphs {
  /**
   * Records what {@code work} queues on the stream it is given; none of it happens yet. Addresses,
   * grids and arguments are recorded as they are now, so what is to change from one time to the
   * next has to lie in memory, and all memory and kernels that are named must outlive the graph.
   *
   * <p>Meanwhile the calling thread can only queue copies, fills and launches on that stream:
   * whatever waits, allocates, loads, closes or takes another stream or an event cannot be
   * repeated. Kernels should have run once, as a driver may load them at their first launch.
   *
   * @throws IllegalStateException when {@code work} does what cannot be recorded
   * @throws DeviceException when the device refuses
   */
  Graph capture(Consumer<Stream> work);
}
