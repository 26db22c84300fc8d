package dev.lockstep.cuda;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.lockstep.device.DeviceBuffer;
import dev.lockstep.device.MatrixProduct;
import dev.lockstep.device.MatrixProducts;
import dev.lockstep.device.Stream;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import jcuda.Pointer;
import jcuda.jcublas.JCublas2;
import jcuda.jcublas.cublasHandle;
import jcuda.runtime.cudaStream_t;
import org.jspecify.annotations.Nullable;

/**
 * cuBLAS through JCublas2, with a handle and a workspace for each stream, so that results do not
 * depend on what other streams do. What graphs record has one workspace for all of them, as it must
 * live as long as they do and cannot be made meanwhile.
 *
 * <p>cuBLAS knows matrices column after column. Ours, read so, are their transposes, and Cᵀ =
 * op(B)ᵀ · op(A)ᵀ: the operands change places, and each keeps its own transposition.
 */
final class CublasProducts implements MatrixProducts {
  private static final String CALL = "cublasGemmEx";
  private static final int DEFAULT_ALGORITHM = -1;

  /** As much as cuBLAS takes by itself ({@code cublasSetWorkspace} in its documentation). */
  private static final long WORKSPACE = 4L << 20;

  private static final long WORKSPACE_FROM_9_0 = 32L << 20;

  private static final Pointer ONE =
      new Address(Arena.global().allocateFrom(JAVA_FLOAT, 1).address());
  private static final Pointer ZERO =
      new Address(Arena.global().allocateFrom(JAVA_FLOAT, 0).address());

  private final CudaDevice device;
  private final Map<CudaStream, Slot> slots = new ConcurrentHashMap<>();
  private @Nullable Slot recording;
  private @Nullable CudaStream recorded;
  private volatile boolean closed;

  /** What a stream has for itself. */
  private record Slot(cublasHandle handle, DeviceBuffer workspace) {}

  /** An address on the device or the host, as JCuda wants it named. */
  private static final class Address extends Pointer {
    Address(long address) {
      super(address);
    }
  }

  CublasProducts(CudaDevice device) {
    this.device = device;
  }

  @Override
  public void prepare(Stream stream) {
    CudaStream own = own(stream);
    if (own.isCapturing()) {
      throw CudaDevice.capturing();
    }
    slot(own);
    synchronized (this) {
      if (recording == null) {
        recording = create(own);
      }
    }
  }

  @Override
  public void multiply(Stream stream, MatrixProduct product, long a, long b, long c) {
    CudaStream on = own(stream);
    Slot slot = on.isCapturing() ? recording(on) : slot(on);
    on.willCall(CALL);
    int in = CublasStatus.type(product.in());
    int rows = extent("rows", product.rows());
    int cols = extent("cols", product.cols());
    int depth = extent("depth", product.depth());
    int status =
        JCublas2.cublasGemmEx_new(
            slot.handle(),
            CublasStatus.operation(product.transposeB()),
            CublasStatus.operation(product.transposeA()),
            cols,
            rows,
            depth,
            ONE,
            new Address(b),
            in,
            product.transposeB() ? depth : cols,
            new Address(a),
            in,
            product.transposeA() ? rows : depth,
            product.accumulate() ? ONE : ZERO,
            new Address(c),
            CublasStatus.type(product.out()),
            cols,
            CublasStatus.compute(product),
            DEFAULT_ALGORITHM);
    CublasStatus.check(CALL, status, product, on);
  }

  @Override
  public synchronized void close() {
    if (!closed) {
      device.forget(this);
      closed = true;
      boolean current = device.makeCurrentToClose();
      List<Slot> all = new ArrayList<>(slots.values());
      if (recording != null) {
        all.add(recording);
      }
      slots.clear();
      recording = null;
      all.forEach(slot -> release(slot, current));
    }
  }

  /** A stream is closing: what it had for itself goes before it. */
  private synchronized void release(CudaStream stream) {
    Slot slot = slots.remove(stream);
    if (slot != null) {
      release(slot, device.makeCurrentToClose());
    }
  }

  private static void release(Slot slot, boolean current) {
    if (current) {
      JCublas2.cublasDestroy(slot.handle());
    }
    slot.workspace().close();
  }

  @Override
  public String toString() {
    return "cuBLAS";
  }

  private CudaStream own(Stream stream) {
    if (closed) {
      throw new IllegalStateException("cuBLAS is closed");
    }
    return CublasStatus.own(device, stream);
  }

  private Slot slot(CudaStream stream) {
    Slot known = slots.get(stream);
    return known != null ? known : slots.computeIfAbsent(stream, this::createFor);
  }

  /** Of the stream a graph is being captured from. */
  private synchronized Slot recording(CudaStream stream) {
    Slot slot = recording;
    if (slot == null) {
      throw new IllegalStateException(
          "cuBLAS cannot be made ready while a graph is captured: prepare comes before");
    }
    if (recorded != stream) {
      use(slot.handle(), stream, slot.workspace());
      recorded = stream;
    }
    return slot;
  }

  private Slot createFor(CudaStream stream) {
    Slot slot = create(stream);
    stream.beforeClose(() -> release(stream));
    return slot;
  }

  private Slot create(CudaStream stream) {
    stream.willCall("cublasCreate");
    cublasHandle handle = new cublasHandle();
    CublasStatus.check("cublasCreate", JCublas2.cublasCreate(handle));
    long bytes = workspaceBytes(device.info().computeCapability());
    DeviceBuffer workspace = null;
    try {
      workspace = device.allocate(bytes);
      use(handle, stream, workspace);
      return new Slot(handle, workspace);
    } catch (RuntimeException e) {
      JCublas2.cublasDestroy(handle);
      if (workspace != null) {
        workspace.close();
      }
      throw e;
    }
  }

  private static void use(cublasHandle handle, CudaStream stream, DeviceBuffer workspace) {
    CublasStatus.check(
        "cublasSetStream", JCublas2.cublasSetStream(handle, new cudaStream_t(stream.queue())));
    // After the stream, which takes the workspace away.
    CublasStatus.check(
        "cublasSetWorkspace",
        JCublas2.cublasSetWorkspace(handle, new Address(workspace.address()), workspace.bytes()));
  }

  private static long workspaceBytes(String capability) {
    int major = Integer.parseInt(capability.substring(0, capability.indexOf('.')));
    return major < 9 ? WORKSPACE : WORKSPACE_FROM_9_0;
  }

  private static int extent(String name, long extent) {
    if (extent > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          name + " " + extent + " must be below 2^31, as cuBLAS counts in 32 bits");
    }
    return (int) extent;
  }
}
