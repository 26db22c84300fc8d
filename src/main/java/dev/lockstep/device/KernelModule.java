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

  /**
   * Variables a host can set and read ({@code __device__} and {@code __constant__}), by their names
   * in the PTX, in the order of the file.
   */
  List<String> variables();

  /**
   * The memory of a variable, to be copied to and from like any buffer; it belongs to the module
   * and lives as long as that, whether closed or not. What a variable holds before a kernel changes
   * it is what the file says, and what the host copies to it stays until the module is closed.
   *
   * @param name as the PTX has it, or, where that is a mangled C++ name only one variable has, as
   *     the source has it
   * @throws IllegalArgumentException when there is none of that name, or several; the message lists
   *     them
   * @throws DeviceException when the device has dropped a variable no kernel uses
   */
  DeviceBuffer variable(String name);

  @Override
  void close();
}
