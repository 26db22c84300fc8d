package dev.lockstep.simulator;

import dev.lockstep.device.Device;
import dev.lockstep.device.DeviceBuffer;
import dev.lockstep.device.DeviceException;
import dev.lockstep.device.DeviceInfo;
import dev.lockstep.device.DeviceMemoryException;
import dev.lockstep.device.DeviceOptions;
import dev.lockstep.device.Event;
import dev.lockstep.device.GpuModel;
import dev.lockstep.device.KernelCounters;
import dev.lockstep.device.KernelImage;
import dev.lockstep.device.KernelInspector;
import dev.lockstep.device.KernelModule;
import dev.lockstep.device.KernelOutput;
import dev.lockstep.device.KernelTracer;
import dev.lockstep.device.Sanitizer;
import dev.lockstep.ptx.PtxSyntaxException;
import dev.lockstep.simulator.execution.RunSettings;
import dev.lockstep.simulator.lowering.CodeOptions;
import dev.lockstep.simulator.memory.GlobalMemory;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A simulated GPU, of the model the options name. Work is done when it is put on a stream, so
 * streams are never behind; blocks of a launch are spread over worker threads, which changes no
 * result. Safe for use by several threads: launches take turns.
 */
public final class SimulatedDevice implements Device {
  static final String PROVIDER = "sim";

  /** Far above what a correct kernel needs, reached by an endless loop in seconds. */
  private static final long DEFAULT_STEP_LIMIT = 1_000_000_000L;

  private static final SharedCode CODE = new SharedCode();

  private final GlobalMemory memory = new GlobalMemory();
  private final DeviceOptions options;
  private final Workers workers;
  private final RunSettings settings;
  private final SimulatedCounters counters = new SimulatedCounters();
  private final SimulatedTracer tracer = new SimulatedTracer();
  private final @Nullable SimulatedSanitizer sanitizer;
  private final SimulatedOutput output = new SimulatedOutput();
  private boolean closed;

  /** Opens a device of its own: two share code, which no launch changes, and nothing else. */
  public SimulatedDevice(DeviceOptions options) {
    this.options = options;
    GpuModel gpu = GpuModel.named(options.gpu());
    int threads = options.threads();
    this.workers = new Workers(threads == 0 ? Runtime.getRuntime().availableProcessors() : threads);
    long stepLimit = options.stepLimit() == 0 ? DEFAULT_STEP_LIMIT : options.stepLimit();
    this.sanitizer = options.sanitize() ? new SimulatedSanitizer(this) : null;
    if (sanitizer != null) {
      memory.heap().watch();
    }
    this.settings = new RunSettings(gpu, options.schedule(), stepLimit);
  }

  @Override
  public DeviceInfo info() {
    return new DeviceInfo(
        PROVIDER,
        "Lockstep simulator of " + gpu().product() + ", " + workers.count() + " threads",
        gpu().capability().toString(),
        gpu().multiprocessors(),
        gpu().memoryBytes(),
        gpu().capability().sharedBytesPerBlock());
  }

  @Override
  public DeviceBuffer allocate(long bytes) {
    requireOpen();
    if (bytes < 0) {
      throw new IllegalArgumentException("bytes " + bytes + " must not be negative");
    }
    long free = gpu().memoryBytes() - memory.allocatedBytes();
    if (bytes > free) {
      throw new DeviceMemoryException(
          "allocate",
          "no memory for %d bytes: of the %d bytes of the %s, %d are free"
              .formatted(bytes, gpu().memoryBytes(), gpu().name(), free));
    }
    GlobalMemory.Allocation allocation;
    try {
      allocation = memory.allocate("a buffer of " + bytes + " bytes", bytes);
    } catch (OutOfMemoryError e) {
      throw new DeviceMemoryException(
          "allocate", "no memory for " + bytes + " bytes: " + e.getMessage());
    }
    SimulatedBuffer buffer = new SimulatedBuffer(allocation, this);
    if (sanitizer != null) {
      List<String> caller = SimulatedSanitizer.caller();
      allocation.region().setOrigin(String.join(" from ", caller));
      allocation.region().trackInitialized();
      sanitizer.allocated(buffer, caller);
    }
    return buffer;
  }

  @Override
  public KernelModule load(KernelImage image) {
    requireOpen();
    ModuleCode code;
    try {
      code = CODE.of(image.ptx(), CodeOptions.of(options));
    } catch (PtxSyntaxException e) {
      throw new DeviceException("load", "image " + image.name() + ": " + e.getMessage());
    }
    String target = code.module().target();
    // What is executed does not depend on the model: unless one was named, anything is welcome.
    if (!options.anyTarget() && !gpu().capability().runs(target)) {
      throw new DeviceException(
          "load",
          "image %s: its PTX is for %s, which the modelled GPU, %s (%s), does not run"
              .formatted(image.name(), target, gpu().name(), gpu().capability().architecture()));
    }
    return new SimulatedModule(this, image.name(), code);
  }

  @Override
  public SimulatedStream newStream() {
    requireOpen();
    return new SimulatedStream(this);
  }

  @Override
  public Event newEvent() {
    return new SimulatedEvent();
  }

  SimulatedOutput output() {
    return output;
  }

  @Override
  public <T> Optional<T> capability(Class<T> type) {
    if (type == KernelCounters.class) {
      return Optional.of(type.cast(counters));
    }
    if (type == KernelOutput.class) {
      return Optional.of(type.cast(output));
    }
    if (type == KernelTracer.class) {
      return Optional.of(type.cast(tracer));
    }
    if (type == KernelInspector.class) {
      return Optional.of(type.cast(new SimulatedInspector()));
    }
    if (type == Sanitizer.class) {
      return Optional.ofNullable(sanitizer).map(type::cast);
    }
    return Optional.empty();
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      workers.close();
      memory.close();
      if (sanitizer != null) {
        sanitizer.report();
      }
    }
  }

  DeviceOptions options() {
    return options;
  }

  GlobalMemory memory() {
    return memory;
  }

  Workers workers() {
    return workers;
  }

  SimulatedCounters counters() {
    return counters;
  }

  SimulatedTracer tracer() {
    return tracer;
  }

  Optional<SimulatedSanitizer> sanitizer() {
    return Optional.ofNullable(sanitizer);
  }

  RunSettings settings() {
    return settings;
  }

  /** What is modelled. */
  GpuModel gpu() {
    return settings.gpu();
  }

  void requireOpen() {
    if (closed) {
      throw new IllegalStateException("the device was closed");
    }
  }
}
