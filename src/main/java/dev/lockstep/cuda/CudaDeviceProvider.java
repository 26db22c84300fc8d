package dev.lockstep.cuda;

import dev.lockstep.device.Device;
import dev.lockstep.device.DeviceException;
import dev.lockstep.device.DeviceOptions;
import dev.lockstep.device.DeviceProvider;
import java.lang.reflect.RecordComponent;
import java.util.List;

/** Offers the first NVIDIA GPU as {@code cuda}; preferred over every simulation. */
public final class CudaDeviceProvider implements DeviceProvider {
  static final String NAME = "cuda";

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public int preference() {
    return 100;
  }

  @Override
  public boolean automatic() {
    return !(CudaSystem.get() instanceof CudaSystem.Ready ready && ready.calls().standIn());
  }

  @Override
  public Availability availability() {
    return switch (CudaSystem.get()) {
      case CudaSystem.Ready ready -> new Availability(true, ready.reason());
      case CudaSystem.Missing missing -> new Availability(false, missing.reason());
    };
  }

  @Override
  public List<Part> parts() {
    return CudaParts.all();
  }

  @Override
  public Device open(DeviceOptions options) {
    refuseOptions(options);
    return switch (CudaSystem.get()) {
      case CudaSystem.Ready ready -> new CudaDevice(ready);
      case CudaSystem.Missing missing -> throw new DeviceException("open", missing.reason());
    };
  }

  /** All options so far steer the simulator: a GPU that ignored them would mislead. */
  static void refuseOptions(DeviceOptions options) {
    DeviceOptions defaults = DeviceOptions.defaults();
    for (RecordComponent option : DeviceOptions.class.getRecordComponents()) {
      Object value = read(option, options);
      if (!value.equals(read(option, defaults))) {
        throw new IllegalArgumentException(
            "option "
                + option.getName()
                + " ("
                + value
                + ") is for the simulator; the device cuda has no such option");
      }
    }
  }

  private static Object read(RecordComponent option, DeviceOptions options) {
    try {
      return option.getAccessor().invoke(options);
    } catch (ReflectiveOperationException e) {
      throw new AssertionError("the accessor of a public record is public", e);
    }
  }
}
