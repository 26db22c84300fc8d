package dev.lockstep.device;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A device of host memory that copies for real and writes down launches instead of running them:
 * for tests of what is handed to a device.
 */
public final class RecordingDevice implements Device {
  /** One launch. */
  public record Launched(String kernel, Launch launch, byte[] arguments) {}

  private final List<KernelImage> loaded = new ArrayList<>();
  private final List<Launched> launches = new ArrayList<>();
  private int openBuffers;
  private int openModules;
  private long waits;

  /** Images in the order they were loaded. */
  public List<KernelImage> loaded() {
    return loaded;
  }

  /** Launches in their order. */
  public List<Launched> launches() {
    return launches;
  }

  /** Calls that wait for the device or hand anything to the host. */
  public long waits() {
    return waits;
  }

  /** Buffers allocated and not closed. */
  public int openBuffers() {
    return openBuffers;
  }

  /** Modules loaded and not closed. */
  public int openModules() {
    return openModules;
  }

  @Override
  public DeviceInfo info() {
    return new DeviceInfo("recording", "host memory", "0.0", 1, Long.MAX_VALUE, 99 << 10);
  }

  @Override
  public DeviceBuffer allocate(long bytes) {
    openBuffers++;
    return new HostBuffer(bytes);
  }

  @Override
  public KernelModule load(KernelImage image) {
    loaded.add(image);
    openModules++;
    return new RecordedModule(image.name());
  }

  @Override
  public Stream newStream() {
    return new RecordingStream();
  }

  @Override
  public Event newEvent() {
    return new RecordedEvent();
  }

  @Override
  public <T> Optional<T> capability(Class<T> type) {
    return Optional.empty();
  }

  @Override
  public void close() {}

  private final class HostBuffer implements DeviceBuffer {
    private final Arena arena = Arena.ofShared();
    private final MemorySegment memory;
    private boolean open = true;

    HostBuffer(long bytes) {
      memory = arena.allocate(bytes, 256);
    }

    MemorySegment slice(long offset, long bytes) {
      return memory.asSlice(offset, bytes);
    }

    @Override
    public long address() {
      if (!open) {
        throw new IllegalStateException("closed");
      }
      return memory.address();
    }

    @Override
    public long bytes() {
      return memory.byteSize();
    }

    @Override
    public void close() {
      if (open) {
        open = false;
        openBuffers--;
        arena.close();
      }
    }
  }

  private final class RecordedModule implements KernelModule {
    private final String name;

    RecordedModule(String name) {
      this.name = name;
    }

    @Override
    public String name() {
      return name;
    }

    @Override
    public List<String> entries() {
      return List.of();
    }

    @Override
    public Kernel kernel(String entry) {
      return new RecordedKernel(entry);
    }

    @Override
    public List<String> variables() {
      return List.of();
    }

    @Override
    public DeviceBuffer variable(String wanted) {
      throw new IllegalArgumentException("no variables here");
    }

    @Override
    public void close() {
      openModules--;
    }
  }

  private record RecordedKernel(String name) implements Kernel {
    @Override
    public int parameterBytes() {
      return 0;
    }
  }

  /** A place in a queue that is never behind. */
  private record RecordedEvent() implements Event {
    @Override
    public double secondsSince(Event earlier) {
      throw new UnsupportedOperationException("no clock here");
    }

    @Override
    public void close() {}
  }

  private final class RecordingStream implements Stream {
    @Override
    public void copyToDevice(DeviceBuffer target, long offset, MemorySegment source) {
      ((HostBuffer) target).slice(offset, source.byteSize()).copyFrom(source);
    }

    @Override
    public void copyToHost(MemorySegment target, DeviceBuffer source, long offset) {
      waits++;
      target.copyFrom(((HostBuffer) source).slice(offset, target.byteSize()));
    }

    @Override
    public void copyOnDevice(
        DeviceBuffer target, long targetOffset, DeviceBuffer source, long sourceOffset, long n) {
      ((HostBuffer) target)
          .slice(targetOffset, n)
          .copyFrom(((HostBuffer) source).slice(sourceOffset, n));
    }

    @Override
    public void fill(DeviceBuffer target, long offset, long bytes, byte value) {
      ((HostBuffer) target).slice(offset, bytes).fill(value);
    }

    @Override
    public void launch(Kernel kernel, Launch launch, KernelArgs args) {
      byte[] block = args.block().toArray(ValueLayout.JAVA_BYTE);
      launches.add(new Launched(kernel.name(), launch, block));
    }

    @Override
    public void record(Event event) {}

    @Override
    public void await(Event event) {}

    @Override
    public void synchronize() {
      waits++;
    }

    @Override
    public void close() {}
  }
}
