package dev.lockstep.ops;

import dev.lockstep.device.Device;
import dev.lockstep.device.DeviceBuffer;
import dev.lockstep.device.DeviceInfo;
import dev.lockstep.device.Dim3;
import dev.lockstep.device.Event;
import dev.lockstep.device.ForwardingStream;
import dev.lockstep.device.HostBuffer;
import dev.lockstep.device.Kernel;
import dev.lockstep.device.KernelArgs;
import dev.lockstep.device.KernelImage;
import dev.lockstep.device.KernelModule;
import dev.lockstep.device.Launch;
import dev.lockstep.device.Stream;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/** Another device, but for the grids that some kernels are launched with. */
record OtherGrids(Device device, Predicate<String> kernels, UnaryOperator<Dim3> grid)
    implements Device {
  /** One block does everything. */
  static Dim3 one(Dim3 grid) {
    return new Dim3(1);
  }

  /** More blocks than there is work for. */
  static Dim3 more(Dim3 grid) {
    return new Dim3(grid.x() + 3, grid.y(), grid.z());
  }

  @Override
  public DeviceInfo info() {
    return device.info();
  }

  @Override
  public DeviceBuffer allocate(long bytes) {
    return device.allocate(bytes);
  }

  @Override
  public HostBuffer allocateHost(long bytes) {
    return device.allocateHost(bytes);
  }

  @Override
  public KernelModule load(KernelImage image) {
    return device.load(image);
  }

  @Override
  public Stream newStream() {
    return new OtherStream(device.newStream());
  }

  @Override
  public Event newEvent() {
    return device.newEvent();
  }

  @Override
  public <T> Optional<T> capability(Class<T> type) {
    return device.capability(type);
  }

  @Override
  public void close() {
    device.close();
  }

  private final class OtherStream extends ForwardingStream {
    OtherStream(Stream stream) {
      super(stream);
    }

    @Override
    public void launch(Kernel kernel, Launch launch, KernelArgs args) {
      Launch other =
          kernels.test(kernel.name())
              ? new Launch(grid.apply(launch.grid()), launch.block(), launch.sharedBytes())
              : launch;
      super.launch(kernel, other, args);
    }
  }
}
