package dev.lockstep.profile.bench;

import dev.lockstep.device.Dim3;
import dev.lockstep.device.ForwardingStream;
import dev.lockstep.device.FusedProducts;
import dev.lockstep.device.Kernel;
import dev.lockstep.device.KernelArgs;
import dev.lockstep.device.Launch;
import dev.lockstep.device.MatrixProduct;
import dev.lockstep.device.MatrixProducts;
import dev.lockstep.device.Stream;
import java.util.ArrayList;
import java.util.List;

/**
 * A stream that writes down what is launched and hands everything on. Whoever made it closes it.
 */
final class LaunchLog extends ForwardingStream {
  private final List<Entry> entries = new ArrayList<>();

  /** One launch of a kernel. */
  record Entry(String kernel, Launch launch) {}

  LaunchLog(Stream stream) {
    super(stream);
  }

  /** Launches so far. */
  List<Entry> entries() {
    return List.copyOf(entries);
  }

  @Override
  public void launch(Kernel kernel, Launch launch, KernelArgs args) {
    super.launch(kernel, launch, args);
    entries.add(new Entry(kernel.name(), launch));
  }

  /** Whatever kernels the library launches are its own business: it counts as one. */
  @Override
  public void multiply(MatrixProducts library, MatrixProduct product, long a, long b, long c) {
    super.multiply(library, product, a, b, c);
    entries.add(new Entry(library.toString(), new Launch(new Dim3(1, 1, 1), new Dim3(1, 1, 1), 0)));
  }

  @Override
  public void biasGelu(
      FusedProducts library, MatrixProduct product, long a, long b, long bias, long z, long c) {
    super.biasGelu(library, product, a, b, bias, z, c);
    entries.add(new Entry(library.toString(), new Launch(new Dim3(1, 1, 1), new Dim3(1, 1, 1), 0)));
  }

  @Override
  public void close() {}
}
