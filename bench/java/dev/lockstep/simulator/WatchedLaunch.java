package dev.lockstep.simulator;

import dev.lockstep.device.DeviceBuffer;
import dev.lockstep.device.DeviceOptions;
import dev.lockstep.device.Kernel;
import dev.lockstep.device.KernelArgs;
import dev.lockstep.device.KernelCounters;
import dev.lockstep.device.KernelImage;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A kernel on a simulator of its own, ready to be launched again and again. */
final class WatchedLaunch implements AutoCloseable {
  private final WatchedKernel work;
  private final SimulatedDevice device;
  private final SimulatedStream stream;
  private final Kernel kernel;
  private final KernelArgs args = new KernelArgs();
  private final List<DeviceBuffer> inputs = new ArrayList<>();
  private final DeviceBuffer result;

  /** Opens a device and copies the inputs there. */
  WatchedLaunch(WatchedKernel work, DeviceOptions options) throws IOException {
    this.work = work;
    device = new SimulatedDevice(options);
    stream = device.newStream();
    for (MemorySegment input : work.inputs()) {
      DeviceBuffer buffer = device.allocate(input.byteSize());
      try (Arena arena = Arena.ofConfined()) {
        stream.copyToDevice(buffer, 0, arena.allocate(input.byteSize()).copyFrom(input));
      }
      inputs.add(buffer);
    }
    result = device.allocate(work.resultBytes());
    work.arguments(args, inputs, result);
    String ptx = Files.readString(Path.of("bench/kernels", work.file() + ".ptx"));
    kernel = device.load(KernelImage.ofPtx(work.file(), ptx)).kernel(work.entry());
  }

  void launch() {
    stream.launch(kernel, work.launch(), args);
  }

  KernelCounters counters() {
    return device.capability(KernelCounters.class).orElseThrow();
  }

  /** Holds the result of the last launch to plain Java's. */
  void check() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment host = arena.allocate(result.bytes(), Float.BYTES);
      stream.copyToHost(host, result, 0);
      work.check(host);
    }
  }

  @Override
  public void close() {
    inputs.forEach(DeviceBuffer::close);
    result.close();
    device.close();
  }
}
