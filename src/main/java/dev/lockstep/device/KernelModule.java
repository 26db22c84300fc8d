package dev.lockstep.device;

import java.util.List;

/** A loaded {@link KernelImage}. Its kernels live as long as it does. */
public interface KernelModule extends AutoCloseable {
  String name();

  /** Entry points, in the order of the file. */
  List<String> entries();

  /**
   * The kernel of that name.
   *
   * @throws IllegalArgumentException when there is none; the message lists those there are
   */
  Kernel kernel(String entry);

  @Override
  void close();
}
