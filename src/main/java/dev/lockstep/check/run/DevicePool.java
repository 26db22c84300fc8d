package dev.lockstep.check.run;

import dev.lockstep.device.Device;
import dev.lockstep.device.DeviceOptions;
import dev.lockstep.device.Devices;
import dev.lockstep.device.KernelModule;
import dev.lockstep.device.KernelOutput;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** Devices by their options, each with the modules it has loaded; the longest unused are closed. */
final class DevicePool implements AutoCloseable {
  private static final int DEVICES = 8;
  private static final int MODULES = 64;

  private final String name;
  private final Map<DeviceOptions, Opened> opened =
      new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<DeviceOptions, Opened> eldest) {
          boolean full = size() > DEVICES;
          if (full) {
            eldest.getValue().close();
          }
          return full;
        }
      };

  /**
   * @param name the provider, or {@code auto}
   */
  DevicePool(String name) {
    this.name = name;
  }

  /** The device with these options. */
  Opened get(DeviceOptions options) {
    Opened known = opened.get(options);
    if (known == null) {
      known = new Opened(Devices.open(name, options).device());
      opened.put(options, known);
    }
    return known;
  }

  /** Closes a device whose state is in doubt. */
  void discard(DeviceOptions options) {
    Opened doubtful = opened.remove(options);
    if (doubtful != null) {
      doubtful.close();
    }
  }

  @Override
  public void close() {
    opened.values().forEach(Opened::close);
    opened.clear();
  }

  /** A device and what it has loaded. */
  static final class Opened {
    private final Device device;
    private final Launcher launcher;
    private final Map<Path, KernelModule> modules =
        new LinkedHashMap<>(16, 0.75f, true) {
          @Override
          protected boolean removeEldestEntry(Map.Entry<Path, KernelModule> eldest) {
            boolean full = size() > MODULES;
            if (full) {
              eldest.getValue().close();
            }
            return full;
          }
        };

    private Opened(Device device) {
      this.device = device;
      this.launcher = new Launcher(device);
      // What thousands of cases print is for nobody, and would be kept.
      device.capability(KernelOutput.class).ifPresent(prints -> prints.sendTo(_ -> {}));
    }

    Device device() {
      return device;
    }

    Launcher launcher() {
      return launcher;
    }

    /** The file's kernels, fresh where an earlier launch may have changed what they share. */
    KernelModule module(Path path, KernelFile file) {
      KernelModule known = modules.get(path);
      if (known != null && file.keepsState()) {
        known.close();
        known = null;
      }
      if (known == null) {
        known = device.load(file.image());
        modules.put(path, known);
      }
      return known;
    }

    /** Unloads a file's kernels, if they are loaded. */
    void forget(Path path) {
      KernelModule known = modules.remove(path);
      if (known != null) {
        known.close();
      }
    }

    private void close() {
      modules.values().forEach(KernelModule::close);
      modules.clear();
      device.close();
    }
  }
}
