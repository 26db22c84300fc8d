package dev.lockstep.cuda;

import dev.lockstep.device.DeviceBuffer;
import dev.lockstep.device.DeviceException;
import dev.lockstep.device.DeviceProvider.Availability;
import dev.lockstep.device.Dim3;
import dev.lockstep.device.Event;
import dev.lockstep.device.Graph;
import dev.lockstep.device.Kernel;
import dev.lockstep.device.KernelArgs;
import dev.lockstep.device.Launch;
import dev.lockstep.device.Stream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import jcuda.driver.CUresult;
import jcuda.driver.CUstream_flags;
import jcuda.driver.JCudaDriver;
import org.jspecify.annotations.Nullable;

/**
 * A CUDA stream that does not wait for the legacy default stream. One thread at a time may queue
 * work on it: launches share one small native block.
 */
final class CudaStream implements Stream {
  /** Blocks of a cluster every GPU with clusters has room for. */
  private static final int PORTABLE_CLUSTER = 8;

  private final CudaDevice device;
  private final DriverCalls calls;
  private final Handles.Queue queue = new Handles.Queue();
  private final Arena arena = Arena.ofShared();
  private final ExtraBlock extra = new ExtraBlock(arena);
  private final RecentKernels recent = new RecentKernels();
  private final List<Runnable> beforeClose = new CopyOnWriteArrayList<>();
  private @Nullable LaunchConfiguration configuration;
  private @Nullable StreamCapture capture;
  private boolean closed;

  CudaStream(CudaDevice device) {
    this.device = device;
    calls = device.calls();
    device.check(
        "cuStreamCreate", JCudaDriver.cuStreamCreate(queue, CUstream_flags.CU_STREAM_NON_BLOCKING));
  }

  @Override
  public void copyToDevice(DeviceBuffer target, long offset, MemorySegment source) {
    begin();
    long bytes = source.byteSize();
    long to = CudaBuffer.at(device, target, offset, bytes);
    long from = host(source);
    if (bytes > 0) {
      check("cuMemcpyHtoDAsync", calls.copyToDevice(to, from, bytes, queue.address()));
    }
  }

  @Override
  public void copyToHost(MemorySegment target, DeviceBuffer source, long offset) {
    begin();
    long bytes = target.byteSize();
    long from = CudaBuffer.at(device, source, offset, bytes);
    long to = host(target);
    if (bytes > 0) {
      check("cuMemcpyDtoHAsync", calls.copyToHost(to, from, bytes, queue.address()));
    }
  }

  @Override
  public void copyOnDevice(
      DeviceBuffer target, long targetOffset, DeviceBuffer source, long sourceOffset, long bytes) {
    begin();
    long to = CudaBuffer.at(device, target, targetOffset, bytes);
    long from = CudaBuffer.at(device, source, sourceOffset, bytes);
    if (target == source && Math.abs(targetOffset - sourceOffset) < bytes) {
      throw new IllegalArgumentException(
          "%d bytes at %d and at %d overlap".formatted(bytes, sourceOffset, targetOffset));
    }
    if (bytes > 0) {
      check("cuMemcpyDtoDAsync", calls.copyOnDevice(to, from, bytes, queue.address()));
    }
  }

  @Override
  public void fill(DeviceBuffer target, long offset, long bytes, byte value) {
    begin();
    long place = CudaBuffer.at(device, target, offset, bytes);
    if (bytes > 0) {
      check("cuMemsetD8Async", calls.fill(place, value, bytes, queue.address()));
    }
  }

  @Override
  public void launch(Kernel kernel, Launch launch, KernelArgs args) {
    begin();
    if (!(kernel instanceof CudaKernel own) || own.device() != device) {
      throw new IllegalArgumentException(kernel.name() + " belongs to another device");
    }
    if (args.bytes() != own.parameterBytes()) {
      throw new IllegalArgumentException(
          "%s takes %d bytes of arguments, got %d"
              .formatted(own.name(), own.parameterBytes(), args.bytes()));
    }
    own.allowShared(launch.sharedBytes());
    long parameters = extra.pointTo(args.blockAddress(), args.bytes());
    int code =
        launch.cluster().isPresent()
            ? inClusters(own, launch, launch.cluster().get(), parameters)
            : calls.launchKernel(
                own.address(),
                launch.grid().x(),
                launch.grid().y(),
                launch.grid().z(),
                launch.block().x(),
                launch.block().y(),
                launch.block().z(),
                launch.sharedBytes(),
                queue.address(),
                parameters);
    // The driver reads the block by its address, which does not keep it alive.
    Reference.reachabilityFence(args);
    if (code != CUresult.CUDA_SUCCESS) {
      check(
          launch.cluster().isPresent() ? "cuLaunchKernelEx" : "cuLaunchKernel",
          code,
          "; " + own.name() + " " + launch);
    }
    if (capture != null) {
      capture.add(own);
    }
    recent.add(own.name());
  }

  private int inClusters(CudaKernel kernel, Launch launch, Dim3 cluster, long parameters) {
    Availability there = new CudaClusters(device).availability();
    if (!there.available()
        || !(calls.launchKernelEx() instanceof LaterCall.Found(MemorySegment call))) {
      throw new DeviceException("cuLaunchKernelEx", "cluster " + cluster + ": " + there.reason());
    }
    if (cluster.count() > PORTABLE_CLUSTER) {
      kernel.allowLargeClusters();
    }
    if (configuration == null) {
      configuration = new LaunchConfiguration(arena);
    }
    return DriverCalls.launchKernelEx(
        call, configuration.of(launch, cluster, queue.address()), kernel.address(), parameters);
  }

  @Override
  public void launch(Graph graph) {
    begin();
    if (!(graph instanceof CudaGraph own) || own.device() != device) {
      throw new IllegalArgumentException("the graph belongs to another device");
    }
    requireNoCapture();
    int code = calls.launchGraph(own.address(), queue.address());
    if (code != CUresult.CUDA_SUCCESS) {
      check("cuGraphLaunch", code, "; " + own);
    }
    recent.add(own.toString());
  }

  @Override
  public void record(Event event) {
    begin();
    if (!(event instanceof CudaEvent own) || own.device() != device) {
      throw new IllegalArgumentException("the event belongs to another device");
    }
    requireNoCapture();
    own.record(queue.address());
  }

  @Override
  public void await(Event event) {
    begin();
    if (!(event instanceof CudaEvent own) || own.device() != device) {
      throw new IllegalArgumentException("the event belongs to another device");
    }
    requireNoCapture();
    check("cuStreamWaitEvent", calls.awaitEvent(queue.address(), own.address()));
  }

  @Override
  public void synchronize() {
    begin();
    requireNoCapture();
    check("cuStreamSynchronize", calls.synchronize(queue.address()));
    recent.clear();
  }

  @Override
  public synchronized void close() {
    if (!closed) {
      device.forget(this);
      closed = true;
      try (arena) {
        beforeClose.forEach(Runnable::run);
        if (device.makeCurrentToClose()) {
          device.checkReturned("cuStreamDestroy", JCudaDriver.cuStreamDestroy(queue));
        }
      }
    }
  }

  @Override
  public String toString() {
    return "a stream";
  }

  Handles.Queue queue() {
    return queue;
  }

  /** From now on what is queued is recorded; null ends that. */
  void captureInto(@Nullable StreamCapture capture) {
    this.capture = capture;
  }

  CudaDevice device() {
    return device;
  }

  /** What another library keeps for this stream is given back before the stream. */
  void beforeClose(Runnable action) {
    beforeClose.add(action);
  }

  boolean isCapturing() {
    return capture != null;
  }

  /** Prepares for a library that will put work on this stream by itself, and remembers what. */
  void willCall(String work) {
    begin();
    recent.add(work);
  }

  /** Throws where the context is lost: other libraries do not say why they fail. */
  void requireAlive() {
    int code = JCudaDriver.cuStreamQuery(queue);
    if (CudaErrors.breaksContext(code)) {
      check("cuStreamQuery", code);
    }
  }

  private void check(String call, int code) {
    if (code != CUresult.CUDA_SUCCESS) {
      check(call, code, "");
    }
  }

  /** What a kernel did wrong is learnt from a later call, whichever that is. */
  private void check(String call, int code, String detail) {
    device.check(
        call, code, () -> detail + (CudaErrors.breaksContext(code) ? recent.toString() : ""));
  }

  private void begin() {
    if (closed) {
      throw new IllegalStateException("the stream is closed");
    }
    if (capture == null) {
      device.makeCurrent();
    } else {
      device.makeCurrentInCapture();
    }
  }

  private void requireNoCapture() {
    if (capture != null) {
      throw CudaDevice.capturing();
    }
  }

  private static long host(MemorySegment segment) {
    if (!segment.isNative()) {
      throw new IllegalArgumentException("host data must be native memory, not a Java array");
    }
    if (!segment.scope().isAlive()) {
      throw new IllegalStateException("the host memory was already freed");
    }
    return segment.address();
  }
}
