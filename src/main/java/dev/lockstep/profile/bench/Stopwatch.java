package dev.lockstep.profile.bench;

import dev.lockstep.device.Device;
import dev.lockstep.device.DeviceBuffer;
import dev.lockstep.device.Event;
import dev.lockstep.device.GpuModel;
import dev.lockstep.device.Stream;
import dev.lockstep.profile.Median;
import java.util.Optional;

/**
 * Takes the time of a pass by the device's own clock: the median of some runs, each after the cache
 * was filled with something else, as it would be in a training step.
 */
final class Stopwatch {
  private static final int WARM_UPS = 3;
  private static final int RUNS = 21;

  /** As much as the largest cache holds, where the GPU is not known. */
  private static final long CACHE = 128L << 20;

  private final Device device;
  private final Stream stream;
  private final long cache;

  Stopwatch(Device device, Stream stream, Optional<GpuModel> gpu) {
    this.device = device;
    this.stream = stream;
    this.cache = gpu.map(GpuModel::l2Bytes).orElse(CACHE);
  }

  /** Seconds of one run. */
  double seconds(BenchCase.Pass pass) {
    double[] seconds = new double[RUNS];
    try (DeviceBuffer evicting = device.allocate(2 * cache);
        Event begin = device.newEvent();
        Event end = device.newEvent()) {
      for (int run = -WARM_UPS; run < RUNS; run++) {
        stream.fill(evicting, 0, evicting.bytes(), (byte) run);
        stream.record(begin);
        pass.launch(stream);
        stream.record(end);
        if (run >= 0) {
          seconds[run] = end.secondsSince(begin);
        }
      }
    }
    return Median.of(seconds);
  }
}
