package dev.lockstep.profile.bench;

import dev.lockstep.device.DeviceBuffer;
import dev.lockstep.device.Event;
import dev.lockstep.device.Kernel;
import dev.lockstep.device.KernelArgs;
import dev.lockstep.device.Launch;
import dev.lockstep.device.Stream;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * A stream that writes down what is launched and hands everything on. Whoever made it closes it.
 */
final class LaunchLog implements Stream {
  private final Stream stream;
  private final List<Entry> entries = new ArrayList<>();

  /** One launch of a kernel. */
  record Entry(String kernel, Launch launch) {}

  LaunchLog(Stream stream) {
    this.stream = stream;
  }

  /** Launches so far. */
  List<Entry> entries() {
    return List.copyOf(entries);
  }

  @Override
  public void launch(Kernel kernel, Launch launch, KernelArgs args) {
    stream.launch(kernel, launch, args);
    entries.add(new Entry(kernel.name(), launch));
  }

  @Override
  public void copyToDevice(DeviceBuffer target, long offset, MemorySegment source) {
    stream.copyToDevice(target, offset, source);
  }

  @Override
  public void copyToHost(MemorySegment target, DeviceBuffer source, long offset) {
    stream.copyToHost(target, source, offset);
  }

  @Override
  public void copyOnDevice(
      DeviceBuffer target, long targetOffset, DeviceBuffer source, long sourceOffset, long bytes) {
    stream.copyOnDevice(target, targetOffset, source, sourceOffset, bytes);
  }

  @Override
  public void fill(DeviceBuffer target, long offset, long bytes, byte value) {
    stream.fill(target, offset, bytes, value);
  }

  @Override
  public void record(Event event) {
    stream.record(event);
  }

  @Override
  public void synchronize() {
    stream.synchronize();
  }

  @Override
  public void close() {}
}
