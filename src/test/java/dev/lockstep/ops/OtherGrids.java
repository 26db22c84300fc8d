package dev.lockstep.ops;

import dev.lockstep.device.Device;
import dev.lockstep.device.Dim3;
import dev.lockstep.device.ForwardingDevice;
import dev.lockstep.device.ForwardingStream;
import dev.lockstep.device.Kernel;
import dev.lockstep.device.KernelArgs;
import dev.lockstep.device.Launch;
import dev.lockstep.device.Stream;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/** Another device, but for the grids that some kernels are launched with. */
final class OtherGrids extends ForwardingDevice {
  private final Predicate<String> kernels;
  private final UnaryOperator<Dim3> grid;

  OtherGrids(Device device, Predicate<String> kernels, UnaryOperator<Dim3> grid) {
    super(device);
    this.kernels = kernels;
    this.grid = grid;
  }

  /** One block does everything. */
  static Dim3 one(Dim3 grid) {
    return new Dim3(1);
  }

  /** More blocks than there is work for. */
  static Dim3 more(Dim3 grid) {
    return new Dim3(grid.x() + 3, grid.y(), grid.z());
  }

  @Override
  public Stream newStream() {
    return new OtherStream(super.newStream());
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
