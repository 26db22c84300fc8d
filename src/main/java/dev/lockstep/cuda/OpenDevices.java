package dev.lockstep.cuda;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** CUDA devices nobody closed yet; what is still open when the process ends is reported. */
final class OpenDevices {
  private static final Logger LOG = LoggerFactory.getLogger(CudaDevice.class);
  private static final Set<CudaDevice> OPEN = ConcurrentHashMap.newKeySet();

  static {
    Runtime.getRuntime().addShutdownHook(new Thread(OpenDevices::report, "open CUDA devices"));
  }

  private OpenDevices() {}

  static void add(CudaDevice device) {
    OPEN.add(device);
  }

  static void remove(CudaDevice device) {
    OPEN.remove(device);
  }

  private static void report() {
    for (CudaDevice device : OPEN) {
      LOG.warn(
          "the process ends with a CUDA device open, from {}, and {}",
          device.openedAt(),
          device.leftOpen());
    }
  }
}
