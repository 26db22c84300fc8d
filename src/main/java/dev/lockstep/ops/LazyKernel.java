package dev.lockstep.ops;

import dev.lockstep.device.Kernel;
import org.jspecify.annotations.Nullable;

/** One entry of the library, looked up when first used and kept. */
final class LazyKernel {
  private final KernelLibrary library;
  private final String image;
  private final String entry;
  private @Nullable Kernel kernel;

  LazyKernel(KernelLibrary library, String image, String entry) {
    this.library = library;
    this.image = image;
    this.entry = entry;
  }

  Kernel get() {
    Kernel known = kernel;
    if (known == null) {
      known = library.kernel(image, entry);
      kernel = known;
    }
    return known;
  }
}
