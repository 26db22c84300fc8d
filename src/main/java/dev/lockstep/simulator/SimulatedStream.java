package dev.lockstep.simulator;

import dev.lockstep.device.DeviceBuffer;
import dev.lockstep.device.DeviceException;
import dev.lockstep.device.Dim3;
import dev.lockstep.device.Event;
import dev.lockstep.device.GpuModel;
import dev.lockstep.device.Kernel;
import dev.lockstep.device.KernelArgs;
import dev.lockstep.device.Launch;
import dev.lockstep.device.Stream;
import dev.lockstep.simulator.execution.GridRun;
import dev.lockstep.simulator.execution.LoweredKernel;
import dev.lockstep.simulator.execution.Tally;
import dev.lockstep.simulator.lowering.Instrument;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/** A stream whose work is done before each call returns. */
public final class SimulatedStream implements Stream {
  private final SimulatedDevice device;
  private long warpInstructions;

  SimulatedStream(SimulatedDevice device) {
    this.device = device;
  }

  @Override
  public void copyToDevice(DeviceBuffer target, long offset, MemorySegment source) {
    requireNative(source);
    SimulatedBuffer ours = ours(target);
    ours.slice(offset, source.byteSize()).copyFrom(source);
    ours.initialized(offset, source.byteSize());
  }

  @Override
  public void copyToHost(MemorySegment target, DeviceBuffer source, long offset) {
    requireNative(target);
    target.copyFrom(ours(source).slice(offset, target.byteSize()));
  }

  @Override
  public void copyOnDevice(
      DeviceBuffer target, long targetOffset, DeviceBuffer source, long sourceOffset, long bytes) {
    if (target == source && Math.abs(targetOffset - sourceOffset) < bytes) {
      throw new IllegalArgumentException(
          "ranges of %d bytes at %d and %d overlap".formatted(bytes, targetOffset, sourceOffset));
    }
    SimulatedBuffer ours = ours(target);
    ours.slice(targetOffset, bytes).copyFrom(ours(source).slice(sourceOffset, bytes));
    ours.initializedAs(targetOffset, ours(source), sourceOffset, bytes);
  }

  @Override
  public void fill(DeviceBuffer target, long offset, long bytes, byte value) {
    SimulatedBuffer ours = ours(target);
    ours.slice(offset, bytes).fill(value);
    ours.initialized(offset, bytes);
  }

  @Override
  public void launch(Kernel kernel, Launch launch, KernelArgs args) {
    device.requireOpen();
    if (!(kernel instanceof SimulatedKernel ours) || ours.device() != device) {
      throw new IllegalArgumentException(
          "kernel " + kernel.name() + " was loaded on another device");
    }
    if (launch.cluster().isPresent()) {
      throw new IllegalArgumentException(
          "cluster %s: the simulator has no thread-block clusters; a GPU of compute capability 9.0"
                  .formatted(launch.cluster().get())
              + " has them (--device cuda)");
    }
    MemorySegment arguments = args.block();
    LoweredKernel lowered = ours.lowered();
    requireFit(lowered, device.gpu(), launch, arguments.byteSize());
    Optional<UnaryOperator<Instrument>> tracing = device.tracer().tracing();
    if (tracing.isPresent()) {
      execute(ours.traced(tracing.get()).start(launch, arguments));
    } else if (device.counters().areOn()) {
      count(ours.counted(), launch, arguments);
    } else {
      execute(ours.grid().start(launch, arguments));
    }
  }

  private void count(SimulatedKernel.Counted ours, Launch launch, MemorySegment arguments) {
    List<? extends Tally> tallies = ours.kernel().tallies(device.workers().count());
    execute(ours.grid().start(launch, arguments, tallies));
    device.counters().add(ours.kernel(), launch, tallies);
  }

  private void execute(GridRun.Work work) {
    device.workers().run(work);
    warpInstructions = work.warpInstructions();
    device.output().add(work.printed());
    switch (work.fault()) {
      case null -> {}
      case RuntimeException e -> throw e;
      case Error e -> throw e;
      case Throwable t -> throw new IllegalStateException(t);
    }
  }

  /** Instructions all warps of the last launch executed, each for up to 32 lanes. */
  long warpInstructions() {
    return warpInstructions;
  }

  @Override
  public void record(Event event) {
    if (!(event instanceof SimulatedEvent ours)) {
      throw new IllegalArgumentException("the event belongs to another device");
    }
    ours.record();
  }

  /** What was queued before the event is done. */
  @Override
  public void await(Event event) {
    if (!(event instanceof SimulatedEvent)) {
      throw new IllegalArgumentException("the event belongs to another device");
    }
  }

  @Override
  public void synchronize() {
    device.requireOpen();
  }

  @Override
  public void close() {}

  private static void requireFit(
      LoweredKernel kernel, GpuModel gpu, Launch launch, long argumentBytes) {
    if (argumentBytes != kernel.parameterBytes()) {
      throw new DeviceException(
          "launch",
          "%s takes %d bytes of parameters, %d were given"
              .formatted(kernel.name(), kernel.parameterBytes(), argumentBytes));
    }
    if (launch.block().count() > kernel.maxThreads()) {
      throw new DeviceException(
          "launch",
          "%s was compiled for at most %d threads per block, block %s has %d"
              .formatted(
                  kernel.name(), kernel.maxThreads(), launch.block(), launch.block().count()));
    }
    Dim3 block = launch.block();
    if (!kernel.exactBlock().isEmpty()
        && !kernel.exactBlock().equals(List.of(block.x(), block.y(), block.z()))) {
      List<Integer> exact = kernel.exactBlock();
      throw new DeviceException(
          "launch",
          "%s was compiled for blocks of %s alone, not %s"
              .formatted(kernel.name(), new Dim3(exact.get(0), exact.get(1), exact.get(2)), block));
    }
    int sharedBytes = GridRun.sharedBytes(kernel, launch);
    int available = gpu.capability().sharedBytesPerBlock();
    if (sharedBytes > available) {
      throw new DeviceException(
          "launch",
          "%s needs %d bytes of shared memory per block, at most %d on the %s"
              .formatted(kernel.name(), sharedBytes, available, gpu.name()));
    }
  }

  private SimulatedBuffer ours(DeviceBuffer buffer) {
    if (!(buffer instanceof SimulatedBuffer ours) || ours.device() != device) {
      throw new IllegalArgumentException("the buffer belongs to another device");
    }
    return ours;
  }

  private static void requireNative(MemorySegment segment) {
    if (!segment.isNative()) {
      throw new IllegalArgumentException(
          "host memory must be a native segment, not one on the Java heap");
    }
  }
}
