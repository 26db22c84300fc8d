package dev.lockstep.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.cuda.standin.OnStandIn;
import dev.lockstep.cuda.standin.StandInDriver;
import dev.lockstep.device.Device;
import dev.lockstep.device.DeviceBuffer;
import dev.lockstep.device.Event;
import dev.lockstep.device.Graph;
import dev.lockstep.device.Graphs;
import dev.lockstep.device.Kernel;
import dev.lockstep.device.KernelArgs;
import dev.lockstep.device.KernelImage;
import dev.lockstep.device.KernelModule;
import dev.lockstep.device.Launch;
import dev.lockstep.device.Stream;
import dev.lockstep.device.ThreadAllocation;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;

/**
 * Queueing work leaves nothing for the garbage collector. {@code LaunchBenchmark} has the times.
 */
@OnStandIn
class LaunchCostTests {
  private static final int CALLS = 100_000;

  @Test
  void queueingAllocatesNothing() {
    try (Device device = StandInDriver.open();
        KernelModule module = device.load(KernelImage.ofPtx("tour", CudaTour.PTX));
        Stream stream = device.newStream();
        Event event = device.newEvent();
        DeviceBuffer buffer = device.allocate(64);
        Graph graph =
            device
                .capability(Graphs.class)
                .orElseThrow()
                .capture(s -> s.fill(buffer, 0, 8, (byte) 1));
        Arena arena = Arena.ofConfined()) {
      Kernel kernel = module.kernel("store");
      Launch launch = CudaTour.one();
      KernelArgs args = new KernelArgs();
      MemorySegment host = arena.allocate(32);
      Runnable work =
          () -> {
            stream.copyToDevice(buffer, 0, host);
            stream.launch(kernel, launch, args.reset().address(buffer, 60).int32(7));
            stream.copyOnDevice(buffer, 32, buffer, 0, 32);
            stream.fill(buffer, 0, 8, (byte) 1);
            stream.copyToHost(host, buffer, 0);
            stream.record(event);
            stream.await(event);
            stream.launch(graph);
            stream.synchronize();
          };
      work.run();
      try (StandInDriver.Changed empty =
          StandInDriver.get()
              .emptied(
                  "cuCtxSetCurrent",
                  "cuMemcpyHtoDAsync_v2",
                  "cuLaunchKernel",
                  "cuMemcpyDtoDAsync_v2",
                  "cuMemsetD8Async",
                  "cuMemcpyDtoHAsync_v2",
                  "cuEventRecord",
                  "cuStreamWaitEvent",
                  "cuGraphLaunch",
                  "cuStreamSynchronize")) {
        assertThat(ThreadAllocation.leastPerCall(work, CALLS)).as("bytes").isLessThan(1.0);
      }
    }
  }
}
