package dev.lockstep.check.run;

import dev.lockstep.device.Clusters;
import dev.lockstep.device.Device;
import dev.lockstep.device.DeviceBuffer;
import dev.lockstep.device.DeviceProvider.Availability;
import dev.lockstep.device.Dim3;
import dev.lockstep.device.Kernel;
import dev.lockstep.device.KernelArgs;
import dev.lockstep.device.KernelModule;
import dev.lockstep.device.Launch;
import dev.lockstep.device.Stream;
import dev.lockstep.device.TensorMaps;
import dev.lockstep.ptx.PtxKernel;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Allocates and fills buffers, launches, and fetches what was written. */
final class Launcher {
  private final Device device;
  private final KernelArgs args = new KernelArgs();

  Launcher(Device device) {
    this.device = device;
  }

  RunResult run(
      PtxKernel declared,
      KernelModule module,
      Launch launch,
      List<Argument> arguments,
      Variables variables) {
    Kernel kernel = module.kernel(declared.name());
    List<DeviceBuffer> buffers = new ArrayList<>();
    try (Arena arena = Arena.ofConfined();
        Stream stream = device.newStream()) {
      try {
        List<MemorySegment> contents = new ArrayList<>();
        for (Argument argument : arguments) {
          Elements initial = argument.memory().map(Argument.Buffer::initial).orElse(null);
          if (initial != null) {
            DeviceBuffer buffer = device.allocate(initial.byteSize());
            buffers.add(buffer);
            stream.copyToDevice(buffer, 0, onHost(initial, arena));
          }
          contents.add(content(argument, buffers, arena));
        }
        variables.set(module, stream, arena);
        args.reset().bytes(Parameters.block(declared, contents, arena), 16);
        // What was queued before must not count as the kernel's time, nor as its failure.
        stream.synchronize();
        long start = System.nanoTime();
        stream.launch(kernel, launch, args);
        stream.synchronize();
        double seconds = 1e-9 * (System.nanoTime() - start);
        return new RunResult(
            declared.name(),
            outputs(declared, arguments, buffers, stream, arena),
            variables.fetch(module, stream, arena),
            seconds,
            Optional.empty());
      } finally {
        buffers.forEach(DeviceBuffer::close);
      }
    }
  }

  /** What is passed for an argument, whose memory is the last of the buffers. */
  private MemorySegment content(Argument argument, List<DeviceBuffer> buffers, Arena arena) {
    return switch (argument) {
      case Argument.Buffer _ ->
          arena.allocateFrom(ValueLayout.JAVA_LONG, buffers.getLast().address());
      case Argument.Value value -> value.content().segment();
      case Argument.Tensor tensor -> {
        MemorySegment descriptor = arena.allocate(TensorMaps.BYTES);
        tensorMaps(device).encode(tensor.map(), buffers.getLast(), 0, descriptor);
        yield descriptor;
      }
    };
  }

  /**
   * Whether the device has what such a launch takes.
   *
   * @throws IllegalArgumentException naming what it has not, with the reason
   */
  static void requireCapable(Device device, Optional<Dim3> cluster, List<Argument> arguments) {
    if (cluster.isPresent()) {
      Availability there =
          have(device, Clusters.class, "thread-block clusters, which are not simulated")
              .availability();
      if (!there.available()) {
        throw new IllegalArgumentException("cluster " + cluster.get() + ": " + there.reason());
      }
    }
    for (int i = 0; i < arguments.size(); i++) {
      if (arguments.get(i) instanceof Argument.Tensor) {
        Availability there = tensorMaps(device).availability();
        if (!there.available()) {
          throw new IllegalArgumentException("argument " + i + ": " + there.reason());
        }
      }
    }
  }

  private static TensorMaps tensorMaps(Device device) {
    return have(device, TensorMaps.class, "tensor maps, which are not simulated");
  }

  private static <T> T have(Device device, Class<T> capability, String what) {
    return device
        .capability(capability)
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "the device %s has no %s; a GPU of compute capability 9.0 has them"
                        .formatted(device.info().provider(), what)));
  }

  /** A copy the device can read. */
  static MemorySegment onHost(Elements elements, Arena arena) {
    MemorySegment copy = arena.allocate(Math.max(1, elements.byteSize()), 16);
    return copy.asSlice(0, elements.byteSize()).copyFrom(elements.segment());
  }

  private static List<RunResult.Output> outputs(
      PtxKernel declared,
      List<Argument> arguments,
      List<DeviceBuffer> buffers,
      Stream stream,
      Arena arena) {
    List<RunResult.Output> outputs = new ArrayList<>();
    int next = 0;
    for (int i = 0; i < arguments.size(); i++) {
      Argument.Buffer shown = arguments.get(i).memory().orElse(null);
      if (shown == null) {
        continue;
      }
      Argument.Direction direction = shown.direction();
      Elements initial = shown.initial();
      DeviceBuffer buffer = buffers.get(next++);
      if (direction != Argument.Direction.IN) {
        MemorySegment host = onHost(initial, arena);
        stream.copyToHost(host, buffer, 0);
        stream.synchronize();
        outputs.add(
            new RunResult.Output(
                i,
                declared.parameters().get(i).name(),
                direction,
                Elements.of(initial.type(), host)));
      }
    }
    return outputs;
  }
}
