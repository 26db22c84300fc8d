package dev.lockstep.cuda;

import dev.lockstep.device.DeviceException;
import dev.lockstep.device.DeviceProvider.Availability;
import dev.lockstep.device.FusedMatrixLibrary;
import dev.lockstep.device.FusedProducts;

/** cublasLt, as one device has it. */
record CublasLtLibrary(CudaDevice device) implements FusedMatrixLibrary {
  static final String NAME = "cublasLt";

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public Availability availability() {
    return CublasLtCalls.get().availability();
  }

  @Override
  public FusedProducts open() {
    return switch (CublasLtCalls.get()) {
      case CublasLtCalls.Answer.Ready ready -> device.openFused(ready.calls());
      case CublasLtCalls.Answer.Missing missing ->
          throw new DeviceException("open", missing.reason());
    };
  }
}
