package dev.lockstep.profile.bench;

import dev.lockstep.device.Device;
import dev.lockstep.device.DeviceBuffer;
import dev.lockstep.device.Event;
import dev.lockstep.device.GpuModel;
import dev.lockstep.device.Stream;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Takes the time of passes by the device's own clock, each run after the cache was filled with
 * something else, as it would be in a training step. Passes that are compared take turns: what
 * changes meanwhile, clocks for example, changes for all of them.
 */
final class Stopwatch implements AutoCloseable {
  private static final int WARM_UPS = 3;
  private static final int RUNS = 21;

  /** As much as the largest cache holds, where the GPU is not known. */
  private static final long CACHE = 128L << 20;

  private final Stream stream;
  private final DeviceBuffer evicting;
  private final Event begin;
  private final Event end;

  Stopwatch(Device device, Stream stream, Optional<GpuModel> gpu) {
    this.stream = stream;
    begin = device.newEvent();
    end = device.newEvent();
    try {
      evicting = device.allocate(2 * gpu.map(GpuModel::l2Bytes).orElse(CACHE));
    } catch (RuntimeException e) {
      end.close();
      begin.close();
      throw e;
    }
  }

  /** What each of some passes takes, turn by turn. */
  List<Timing> times(List<BenchCase.Pass> passes) {
    double[][] seconds = new double[passes.size()][RUNS];
    for (int run = -WARM_UPS; run < RUNS; run++) {
      for (int i = 0; i < passes.size(); i++) {
        stream.fill(evicting, 0, evicting.bytes(), (byte) run);
        stream.record(begin);
        passes.get(i).launch(stream);
        stream.record(end);
        if (run >= 0) {
          seconds[i][run] = end.secondsSince(begin);
        }
      }
    }
    List<Timing> times = new ArrayList<>();
    for (double[] each : seconds) {
      times.add(Timing.of(each));
    }
    return times;
  }

  /** Copies half of the memory that fills the cache to the other half: bytes read and written. */
  long copy(Stream on) {
    long half = evicting.bytes() / 2;
    on.copyOnDevice(evicting, 0, evicting, half, half);
    return 2 * half;
  }

  @Override
  public void close() {
    end.close();
    begin.close();
    evicting.close();
  }
}
