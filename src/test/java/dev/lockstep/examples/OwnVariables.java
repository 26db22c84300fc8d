package dev.lockstep.examples;

import dev.lockstep.check.run.KernelFile;
import dev.lockstep.device.Device;
import dev.lockstep.device.DeviceBuffer;
import dev.lockstep.device.DeviceOptions;
import dev.lockstep.device.Devices;
import dev.lockstep.device.KernelArgs;
import dev.lockstep.device.KernelModule;
import dev.lockstep.device.Launch;
import dev.lockstep.device.Stream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;

/** Sets a table in constant memory, and reads a counter: {@code java OwnVariables sim hits.cu}. */
public final class OwnVariables {
  private OwnVariables() {}

  public static void main(String[] arguments) {
    System.out.println(run(arguments[0], Path.of(arguments[1])) + " hits");
  }

  static int run(String deviceName, Path file) {
    try (Device device = Devices.open(deviceName, DeviceOptions.defaults()).device();
        KernelModule module = device.load(KernelFile.read(file, device.info()).image());
        Stream stream = device.newStream();
        Arena arena = Arena.ofConfined()) {
      DeviceBuffer limits = module.variable("limits");
      stream.copyToDevice(limits, 0, arena.allocateFrom(ValueLayout.JAVA_INT, 10, 20));
      stream.launch(module.kernel("count_hits"), Launch.of(1, 256), new KernelArgs());

      MemorySegment hits = arena.allocate(ValueLayout.JAVA_INT);
      stream.copyToHost(hits, module.variable("hits"), 0);
      stream.synchronize();
      return hits.get(ValueLayout.JAVA_INT, 0);
    }
  }
}
