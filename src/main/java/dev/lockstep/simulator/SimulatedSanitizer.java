package dev.lockstep.simulator;

import dev.lockstep.device.DeviceBuffer;
import dev.lockstep.device.Sanitizer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Knows what a device has not got back, and who allocated it. */
final class SimulatedSanitizer implements Sanitizer {
  private static final Logger LOG = LoggerFactory.getLogger(SimulatedSanitizer.class);

  /** Frames of an allocation that are kept: enough to see behind a helper that allocates. */
  private static final int FRAMES = 3;

  /** Classes that stand between the caller and the stack walk. */
  private static final Set<String> OURS =
      Set.of(SimulatedDevice.class.getName(), SimulatedSanitizer.class.getName());

  private final SimulatedDevice device;
  private final Map<SimulatedBuffer, List<String>> open = new LinkedHashMap<>();

  SimulatedSanitizer(SimulatedDevice device) {
    this.device = device;
  }

  /** The call that allocates, as far as it is not the device's own. */
  static List<String> caller() {
    return StackWalker.getInstance()
        .walk(
            frames ->
                frames
                    .dropWhile(f -> OURS.contains(f.getClassName()))
                    .limit(FRAMES)
                    .map(SimulatedSanitizer::place)
                    .toList());
  }

  private static String place(StackWalker.StackFrame frame) {
    String name = frame.getClassName();
    return "%s.%s(%s:%d)"
        .formatted(
            name.substring(name.lastIndexOf('.') + 1),
            frame.getMethodName(),
            frame.getFileName(),
            frame.getLineNumber());
  }

  synchronized void allocated(SimulatedBuffer buffer, List<String> caller) {
    open.put(buffer, caller);
  }

  synchronized void closed(SimulatedBuffer buffer) {
    open.remove(buffer);
  }

  @Override
  public synchronized List<Leak> leaks() {
    Stream<Leak> buffers =
        open.entrySet().stream().map(e -> new Leak(e.getKey().bytes(), e.getValue()));
    Stream<Leak> ofKernels =
        device.memory().heap().kept().stream()
            .map(region -> new Leak(region.bytes(), List.of(region.origin())));
    return Stream.concat(buffers, ofKernels).toList();
  }

  @Override
  public void markInitialized(DeviceBuffer buffer, long offset, long bytes) {
    if (!(buffer instanceof SimulatedBuffer ours) || ours.device() != device) {
      throw new IllegalArgumentException("the buffer belongs to another device");
    }
    ours.initialized(offset, bytes);
  }

  /** Says what is left when the device is closed. */
  void report() {
    List<Leak> leaks = leaks();
    if (!leaks.isEmpty()) {
      LOG.warn(
          "device closed with {} allocations of {} bytes not freed, the first {}",
          leaks.size(),
          leaks.stream().mapToLong(Leak::bytes).sum(),
          leaks.get(0));
    }
  }
}
