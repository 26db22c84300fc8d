package dev.lockstep.cuda;

import dev.lockstep.device.DeviceBuffer;

/** Memory of a module's variable; usable while the module is open, which gives it back. */
final class CudaVariable implements DeviceBuffer {
  private final CudaModule module;
  private final String name;
  private final long address;
  private final long bytes;

  CudaVariable(CudaModule module, String name, long address, long bytes) {
    this.module = module;
    this.name = name;
    this.address = address;
    this.bytes = bytes;
  }

  @Override
  public long address() {
    module.requireOpen();
    return address;
  }

  @Override
  public long bytes() {
    return bytes;
  }

  @Override
  public void close() {}

  CudaDevice device() {
    return module.device();
  }

  @Override
  public String toString() {
    return "the variable " + name + " of " + bytes + " bytes";
  }
}
