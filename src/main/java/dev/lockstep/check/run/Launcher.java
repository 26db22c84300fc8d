package dev.lockstep.check.run;

import dev.lockstep.device.Device;
import dev.lockstep.device.DeviceBuffer;
import dev.lockstep.device.Kernel;
import dev.lockstep.device.KernelArgs;
import dev.lockstep.device.Launch;
import dev.lockstep.device.Stream;
import dev.lockstep.ptx.PtxKernel;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
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

  RunResult run(PtxKernel declared, Kernel kernel, Launch launch, List<Argument> arguments) {
    List<DeviceBuffer> buffers = new ArrayList<>();
    try (Arena arena = Arena.ofConfined();
        Stream stream = device.newStream()) {
      try {
        long[] addresses = new long[arguments.size()];
        for (int i = 0; i < arguments.size(); i++) {
          if (arguments.get(i) instanceof Argument.Buffer(_, Elements initial)) {
            DeviceBuffer buffer = device.allocate(initial.byteSize());
            buffers.add(buffer);
            addresses[i] = buffer.address();
            stream.copyToDevice(buffer, 0, onHost(initial, arena));
          }
        }
        args.reset().bytes(Parameters.block(declared, arguments, addresses, arena), 16);
        // What was queued before must not count as the kernel's time, nor as its failure.
        stream.synchronize();
        long start = System.nanoTime();
        stream.launch(kernel, launch, args);
        stream.synchronize();
        double seconds = 1e-9 * (System.nanoTime() - start);
        return new RunResult(
            declared.name(),
            outputs(declared, arguments, buffers, stream, arena),
            seconds,
            Optional.empty());
      } finally {
        buffers.forEach(DeviceBuffer::close);
      }
    }
  }

  private static MemorySegment onHost(Elements elements, Arena arena) {
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
      if (!(arguments.get(i)
          instanceof Argument.Buffer(Argument.Direction direction, Elements initial))) {
        continue;
      }
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
