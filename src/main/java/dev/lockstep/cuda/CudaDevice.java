package dev.lockstep.cuda;

import dev.lockstep.device.Clusters;
import dev.lockstep.device.Device;
import dev.lockstep.device.DeviceBuffer;
import dev.lockstep.device.DeviceException;
import dev.lockstep.device.DeviceInfo;
import dev.lockstep.device.DeviceProvider.Availability;
import dev.lockstep.device.Event;
import dev.lockstep.device.FusedMatrixLibrary;
import dev.lockstep.device.FusedProducts;
import dev.lockstep.device.Graphs;
import dev.lockstep.device.HostBuffer;
import dev.lockstep.device.KernelImage;
import dev.lockstep.device.KernelModule;
import dev.lockstep.device.MatrixLibrary;
import dev.lockstep.device.MatrixProducts;
import dev.lockstep.device.TensorMaps;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import jcuda.driver.JCudaDriver;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One GPU and its primary context. Any thread may use it: every call first makes the context
 * current on the thread it runs on, which costs some nanoseconds and is right on virtual threads
 * too, where a remembered answer would not be.
 */
final class CudaDevice implements Device {
  private static final Logger LOG = LoggerFactory.getLogger(CudaDevice.class);

  /** Leaks that are told one by one. */
  private static final int REPORTED = 10;

  private final CudaSystem.Ready system;
  private final Handles.Context context = new Handles.Context();
  private final Map<AutoCloseable, AllocationSite> open = new ConcurrentHashMap<>();
  private final AllocationSite openedAt = AllocationSite.here();
  private final Set<Thread> capturing = ConcurrentHashMap.newKeySet();
  private volatile boolean broken;
  private volatile boolean closed;

  CudaDevice(CudaSystem.Ready system) {
    this.system = system;
    check("cuDevicePrimaryCtxRetain", JCudaDriver.cuDevicePrimaryCtxRetain(context, system.gpu()));
    OpenDevices.add(this);
  }

  @Override
  public DeviceInfo info() {
    return system.info();
  }

  @Override
  public DeviceBuffer allocate(long bytes) {
    makeCurrent();
    return opened(new CudaBuffer(this, bytes));
  }

  @Override
  public KernelModule load(KernelImage image) {
    makeCurrent();
    return opened(new CudaModule(this, image));
  }

  @Override
  public HostBuffer allocateHost(long bytes) {
    makeCurrent();
    return opened(new CudaHostBuffer(this, bytes));
  }

  @Override
  public CudaStream newStream() {
    makeCurrent();
    return opened(new CudaStream(this));
  }

  @Override
  public Event newEvent() {
    makeCurrent();
    return opened(new CudaEvent(this));
  }

  @Override
  public <T> Optional<T> capability(Class<T> type) {
    if (type == Graphs.class) {
      return Optional.of(type.cast(new CudaGraphs(this)));
    }
    if (type == FusedMatrixLibrary.class) {
      return Optional.of(type.cast(new CublasLtLibrary(this)));
    }
    if (type == Clusters.class) {
      return Optional.of(type.cast(new CudaClusters(this)));
    }
    if (type == TensorMaps.class) {
      return Optional.of(type.cast(new CudaTensorMaps(this)));
    }
    return type == MatrixLibrary.class
        ? Optional.of(type.cast(new CublasLibrary(this)))
        : Optional.empty();
  }

  /** cublasLt, which is there. */
  FusedProducts openFused(CublasLtCalls calls) {
    makeCurrent();
    return opened(new CublasLtProducts(this, calls));
  }

  /** cuBLAS, where it is there. */
  MatrixProducts openProducts() {
    makeCurrent();
    return opened(new CublasProducts(this));
  }

  /**
   * Gives the context back, and before it what nobody closed: the context stays, with all that is
   * in it, while another device of this process uses it.
   */
  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    requireNoCapture();
    if (!open.isEmpty()) {
      LOG.warn("the CUDA device closes {}", leftOpen());
    }
    DeviceException failure = null;
    for (AutoCloseable left : open.keySet()) {
      try {
        left.close();
      } catch (DeviceException e) {
        failure = e;
      } catch (Exception e) {
        throw new AssertionError("what a device gives throws nothing else", e);
      }
    }
    closed = true;
    OpenDevices.remove(this);
    check("cuDevicePrimaryCtxRelease", JCudaDriver.cuDevicePrimaryCtxRelease(system.gpu()));
    if (failure != null) {
      throw failure;
    }
  }

  /** Where this device was opened. */
  AllocationSite openedAt() {
    return openedAt;
  }

  /** What nobody closed and where it comes from, each in a line of its own. */
  String leftOpen() {
    return "what was left open on it: "
        + open.size()
        + open.entrySet().stream()
            .map(left -> "\n  " + left.getKey() + ", taken at " + left.getValue())
            .sorted()
            .limit(REPORTED)
            .collect(Collectors.joining())
        + (open.size() > REPORTED ? "\n  and %d more".formatted(open.size() - REPORTED) : "");
  }

  /** The thing is closed with the device, if not before. */
  <T extends AutoCloseable> T opened(T thing) {
    open.put(thing, AllocationSite.here());
    return thing;
  }

  /**
   * The thing is about to give back what it holds.
   *
   * @throws IllegalStateException while this thread captures, when that would break the capture
   */
  void forget(AutoCloseable thing) {
    requireNoCapture();
    open.remove(thing);
  }

  /** As {@link CudaErrors#check(String, int)}, remembering that the context is lost. */
  void check(String call, int code) {
    check(call, code, () -> "");
  }

  /** As {@link CudaErrors#check(String, int, Supplier)}, likewise. */
  void check(String call, int code, Supplier<String> detail) {
    if (CudaErrors.breaksContext(code)) {
      broken = true;
    }
    CudaErrors.check(call, code, detail);
  }

  /**
   * Judges a call that gives something back. In a lost context all of them fail: whoever has heard
   * of the loss need not hear it again from each, and shall reach the end of the closing.
   */
  void checkReturned(String call, int code) {
    if (!broken || !CudaErrors.breaksContext(code)) {
      check(call, code);
    }
  }

  /** The CUDA version the driver is for. */
  String driver() {
    return system.driver();
  }

  /**
   * Whether something can be had that came with compute capability 9.0.
   *
   * @param what for people
   * @param call the driver's function for it
   * @param yes the reason when it can
   */
  Availability sinceHopper(String what, LaterCall call, String yes) {
    String capability = info().computeCapability();
    if (Integer.parseInt(capability.substring(0, capability.indexOf('.'))) < 9) {
      return new Availability(
          false,
          "%s need compute capability 9.0, %s has %s".formatted(what, info().name(), capability));
    }
    return switch (call) {
      case LaterCall.Found _ -> new Availability(true, yes);
      case LaterCall.Missing(String reason) -> new Availability(false, reason);
    };
  }

  /** The driver functions that go without JCuda. */
  DriverCalls calls() {
    return system.calls();
  }

  /**
   * Prepares the calling thread for driver calls.
   *
   * @throws IllegalStateException after {@link #close}
   */
  void makeCurrent() {
    if (closed) {
      throw new IllegalStateException("the CUDA device is closed");
    }
    requireNoCapture();
    setContext();
  }

  /** As {@link #makeCurrent}, for the stream that is captured. */
  void makeCurrentInCapture() {
    if (closed) {
      throw new IllegalStateException("the CUDA device is closed");
    }
    setContext();
  }

  private void setContext() {
    check("cuCtxSetCurrent", system.calls().setContext(context.address()));
  }

  /** This thread begins or ends a capture: meanwhile it may do nothing else. */
  void capturing(boolean begins) {
    if (begins) {
      capturing.add(Thread.currentThread());
    } else {
      capturing.remove(Thread.currentThread());
    }
  }

  private void requireNoCapture() {
    if (!capturing.isEmpty() && capturing.contains(Thread.currentThread())) {
      throw capturing();
    }
  }

  /** What cannot be recorded was tried. */
  static IllegalStateException capturing() {
    return new IllegalStateException(
        "this thread captures a graph: until that ends it can only queue copies, fills and"
            + " launches, on the stream it was given");
  }

  /** As {@link #makeCurrent}, for giving things back; false when the context took them with it. */
  boolean makeCurrentToClose() {
    if (closed) {
      return false;
    }
    makeCurrent();
    return true;
  }
}
