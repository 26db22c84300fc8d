package dev.lockstep.cuda;

import dev.lockstep.device.DeviceException;
import dev.lockstep.device.DeviceProvider.Availability;
import dev.lockstep.device.MatrixLibrary;
import dev.lockstep.device.MatrixProducts;

/** cuBLAS, as one device has it. */
record CublasLibrary(CudaDevice device) implements MatrixLibrary {
  static final String NAME = "cuBLAS";

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public Availability availability() {
    return CublasSystem.get().availability();
  }

  @Override
  public MatrixProducts open() {
    return switch (CublasSystem.get()) {
      case CublasSystem.Ready ready -> device.openProducts();
      case CublasSystem.Missing missing -> throw new DeviceException("open", missing.reason());
    };
  }
}
