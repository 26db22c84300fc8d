package dev.lockstep.cli;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import jdk.incubator.vector.FloatVector;

/**
 * What the program runs on, each part as one line for people.
 *
 * @param java version, vendor and folder
 * @param system operating system, processor type and cores
 * @param memory of the machine, and how much of it the Java heap may take
 * @param vectors what the Vector API offers the simulator
 */
record Machine(String java, String system, String memory, String vectors) {
  static Machine inspect() {
    return new Machine(
        "%s (%s), %s"
            .formatted(property("java.version"), property("java.vendor"), property("java.home")),
        "%s %s %s, %d cores"
            .formatted(
                property("os.name"),
                property("os.version"),
                property("os.arch"),
                Runtime.getRuntime().availableProcessors()),
        "%s, heap up to %s"
            .formatted(gibibytes(total()), gibibytes(Runtime.getRuntime().maxMemory())),
        vectorUnit());
  }

  private static String property(String name) {
    return String.valueOf(System.getProperty(name));
  }

  private static long total() {
    return ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getTotalMemorySize();
  }

  private static String gibibytes(long bytes) {
    return "%.1f GiB".formatted(bytes / (double) (1L << 30));
  }

  private static String vectorUnit() {
    if (ModuleLayer.boot().findModule("jdk.incubator.vector").isEmpty()) {
      return "no Vector API: add --add-modules=jdk.incubator.vector, as the launcher does";
    }
    return Vectors.describe();
  }

  /** Apart, because it cannot be loaded without the module. */
  private static final class Vectors {
    static String describe() {
      return "Vector API with %d-bit vectors"
          .formatted(FloatVector.SPECIES_PREFERRED.vectorBitSize());
    }
  }
}
