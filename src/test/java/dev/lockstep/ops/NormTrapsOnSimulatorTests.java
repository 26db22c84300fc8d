package dev.lockstep.ops;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.device.Counter;
import dev.lockstep.device.Device;
import dev.lockstep.device.DeviceOptions;
import dev.lockstep.device.Devices;
import dev.lockstep.device.KernelCounters;
import dev.lockstep.device.LaunchCounts;
import dev.lockstep.numeric.DType;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NormTrapsOnSimulatorTests extends NormTrapTests {
  @Override
  Device open(int workers) {
    return SimulatedDevices.open(workers);
  }

  /** 16-byte accesses of whole sectors, each operand once, and no two lanes at one bank. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void everyByteOfARequestedSectorIsUsed(boolean layer) {
    try (OpBench ops = new OpBench(unwatched())) {
      KernelCounters counters = ops.device.capability(KernelCounters.class).orElseThrow();
      for (int cols : new int[] {64, 256, 1024, 4096, 8192}) {
        NormProblem problem = new NormProblem(layer, 8, cols, DType.BF16).solve();
        counters.start();
        run(ops, problem, 0);
        for (LaunchCounts launch : counters.stop()) {
          assertSparing(launch, (long) 8 * cols * DType.BF16.byteSize());
        }
      }
    }
  }

  /** A device that looks for no mistakes, which takes memory of its own. */
  private static Device unwatched() {
    return Devices.open("sim", DeviceOptions.defaults().withThreads(1)).device();
  }

  private static void assertSparing(LaunchCounts launch, long matrix) {
    if (launch.kernel().endsWith("_reduce")) {
      return;
    }
    long loaded = launch.totals().get(Counter.GLOBAL_LOAD_DISTINCT_BYTES);
    long stored = launch.totals().get(Counter.GLOBAL_STORE_DISTINCT_BYTES);
    // Statistics take part of a sector, per row and warp.
    long spare = 32 * 2 * 8 * 8;
    assertThat(32 * launch.totals().get(Counter.GLOBAL_LOAD_SECTORS) - loaded).isLessThan(spare);
    assertThat(32 * launch.totals().get(Counter.GLOBAL_STORE_SECTORS) - stored).isLessThan(spare);
    assertThat(launch.compulsoryLoadBytes()).isGreaterThanOrEqualTo(2 * matrix);
    assertThat(launch.totals().sum(Counter.SHARED_LOAD_CONFLICTS, Counter.SHARED_STORE_CONFLICTS))
        .as("%s: conflicts", launch)
        .isZero();
    assertThat(launch.totals().sum(Counter.LOCAL_LOAD_REQUESTS, Counter.LOCAL_STORE_REQUESTS))
        .isZero();
  }
}
