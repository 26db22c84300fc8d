package dev.lockstep.cuda.standin;

import dev.lockstep.device.Device;
import dev.lockstep.device.DeviceOptions;
import dev.lockstep.device.Devices;
import dev.lockstep.device.GpuModel;
import dev.lockstep.device.Kernel;
import dev.lockstep.device.KernelArgs;
import dev.lockstep.device.Launch;
import dev.lockstep.device.Stream;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The simulated GPU all contexts share: one thing happens on it at a time. It lives as long as the
 * process, so that no address is ever given twice.
 */
final class StandInGpu {
  final Device device = Devices.open("sim", DeviceOptions.defaults()).device();
  private volatile GpuModel model = GpuModel.named(DeviceOptions.DEFAULT_GPU);
  final Stream stream = device.newStream();
  private final KernelArgs args = new KernelArgs();
  private final AtomicLong allocated = new AtomicLong();

  /** The GPU this says it is. */
  GpuModel model() {
    return model;
  }

  void model(GpuModel other) {
    model = other;
  }

  /** Thread-block clusters and tensor maps came with compute capability 9.0. */
  boolean hasClusters() {
    return model().capability().major() >= 9;
  }

  /** Something the GPU does. */
  @FunctionalInterface
  interface Work {
    void on(StandInGpu gpu);
  }

  synchronized void run(Work work) {
    work.on(this);
  }

  /** To be called while work runs. */
  void launch(Kernel kernel, Launch launch, byte[] parameters) {
    stream.launch(kernel, launch, args.reset().bytes(MemorySegment.ofArray(parameters), 1));
  }

  void account(long bytes) {
    allocated.addAndGet(bytes);
  }

  /** Bytes of all allocations of all contexts. */
  long allocatedBytes() {
    return allocated.get();
  }
}
