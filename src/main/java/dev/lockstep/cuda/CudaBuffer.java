package dev.lockstep.cuda;

import dev.lockstep.device.DeviceBuffer;
import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;

/** Memory from {@code cuMemAlloc}, which aligns to at least 256 bytes. */
final class CudaBuffer extends CudaResource implements DeviceBuffer {
  private final Handles.Memory memory = new Handles.Memory();
  private final long bytes;

  CudaBuffer(CudaDevice device, long bytes) {
    super(device);
    if (bytes < 0) {
      throw new IllegalArgumentException("bytes " + bytes + " must not be negative");
    }
    this.bytes = bytes;
    // The driver refuses to allocate nothing, yet an empty tensor is a tensor.
    int code = JCudaDriver.cuMemAlloc(memory, Math.max(bytes, 1));
    device.check("cuMemAlloc", code, () -> " for " + bytes + " bytes" + free());
  }

  @Override
  public long address() {
    requireOpen();
    return memory.address();
  }

  @Override
  public long bytes() {
    return bytes;
  }

  @Override
  void giveBack() {
    device().checkReturned("cuMemFree", JCudaDriver.cuMemFree(memory));
  }

  @Override
  String what() {
    return "the buffer of " + bytes + " bytes";
  }

  @Override
  public String toString() {
    return "a buffer of " + bytes + " bytes";
  }

  /**
   * The address {@code offset} bytes into a buffer or variable, for a copy of {@code length} bytes.
   *
   * @throws IllegalArgumentException when that is not inside it, or it is another device's
   */
  static long at(CudaDevice device, DeviceBuffer buffer, long offset, long length) {
    long start =
        switch (buffer) {
          case CudaBuffer own when own.device() == device -> own.address();
          case CudaVariable own when own.device() == device -> own.address();
          default -> throw new IllegalArgumentException("the buffer belongs to another device");
        };
    if (offset < 0 || length < 0 || offset > buffer.bytes() - length) {
      throw new IllegalArgumentException(
          "%d bytes from offset %d do not fit a buffer of %d bytes"
              .formatted(length, offset, buffer.bytes()));
    }
    return start + offset;
  }

  private static String free() {
    long[] free = new long[1];
    long[] total = new long[1];
    return JCudaDriver.cuMemGetInfo(free, total) == CUresult.CUDA_SUCCESS
        ? "; " + free[0] + " of " + total[0] + " bytes are free"
        : "";
  }
}
