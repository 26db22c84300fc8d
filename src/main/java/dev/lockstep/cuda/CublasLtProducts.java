package dev.lockstep.cuda;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.lockstep.device.DeviceBuffer;
import dev.lockstep.device.DeviceException;
import dev.lockstep.device.FusedProducts;
import dev.lockstep.device.MatrixProduct;
import dev.lockstep.device.Stream;
import dev.lockstep.numeric.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import jcuda.cudaDataType;
import jcuda.jcublas.cublasStatus;

/**
 * cublasLt through {@code java.lang.foreign}. As with cuBLAS the operands change places, since its
 * matrices lie column after column; its bias runs along their rows, which are our columns.
 *
 * <p>Descriptors and the algorithm its heuristic likes best are kept for each product.
 */
final class CublasLtProducts implements FusedProducts {
  private static final int ATTRIBUTE_TRANSPOSE_A = 3;
  private static final int ATTRIBUTE_TRANSPOSE_B = 4;
  private static final int ATTRIBUTE_EPILOGUE = 7;
  private static final int ATTRIBUTE_BIAS_POINTER = 8;
  private static final int ATTRIBUTE_AUX_POINTER = 11;
  private static final int ATTRIBUTE_AUX_LEADING = 12;
  private static final int PREFERENCE_WORKSPACE = 1;

  private static final int EPILOGUE_GELU_BIAS = 36;
  private static final int EPILOGUE_GELU_AUX_BIAS = 164;

  /** Of the leading dimension of what GELU keeps, in elements. */
  private static final int AUX_MULTIPLE = 8;

  /** A {@code cublasLtMatmulHeuristicResult_t}: the algorithm's 64 bytes, then what it takes. */
  private static final long RESULT_BYTES = 96;

  private static final long WORKSPACE = 32L << 20;

  private final CudaDevice device;
  private final CublasLtCalls calls;
  private final DeviceBuffer workspace;
  private final Arena arena = Arena.ofShared();
  private final MemorySegment scratch = arena.allocate(16, 8);
  private final MemorySegment one = arena.allocateFrom(JAVA_FLOAT, 1);
  private final MemorySegment zero = arena.allocateFrom(JAVA_FLOAT, 0);
  private final Map<Key, Plan> plans = new HashMap<>();
  private final long handle;
  private boolean closed;

  private record Key(MatrixProduct product, boolean keepsZ) {}

  /** What cublasLt made for a product. */
  private record Plan(long descriptor, List<Long> layouts, MemorySegment algorithm) {}

  /** Places in a plan's layouts. */
  private static final int A = 0;

  private static final int B = 1;
  private static final int D = 2;

  /** A call, its handle not yet invoked. */
  private interface Call {
    int run() throws Throwable;
  }

  /** The device has made its context current. */
  CublasLtProducts(CudaDevice device, CublasLtCalls calls) {
    this.device = device;
    this.calls = calls;
    DeviceBuffer taken = null;
    try {
      taken = device.allocate(WORKSPACE);
      check("cublasLtCreate", () -> (int) calls.create().invokeExact(scratch.address()));
    } catch (RuntimeException e) {
      if (taken != null) {
        taken.close();
      }
      arena.close();
      throw e;
    }
    workspace = taken;
    handle = scratch.get(JAVA_LONG, 0);
  }

  @Override
  public synchronized void biasGelu(
      Stream stream, MatrixProduct product, long a, long b, long bias, long z, long c) {
    if (closed) {
      throw new IllegalStateException("cublasLt is closed");
    }
    CudaStream on = CublasStatus.own(device, stream);
    if (product.accumulate()) {
      throw new IllegalArgumentException("GELU of a sum that is accumulated later is none");
    }
    if (z != 0 && product.cols() % AUX_MULTIPLE != 0) {
      throw new IllegalArgumentException(
          "cols %d must be a multiple of %d, which cublasLt asks for to keep z"
              .formatted(product.cols(), AUX_MULTIPLE));
    }
    on.willCall("cublasLtMatmul");
    Plan plan = plan(new Key(product, z != 0), bias, z);
    set(plan.descriptor(), ATTRIBUTE_BIAS_POINTER, bias);
    if (z != 0) {
      set(plan.descriptor(), ATTRIBUTE_AUX_POINTER, z);
    }
    long layoutA = plan.layouts().get(A);
    long layoutB = plan.layouts().get(B);
    long layoutD = plan.layouts().get(D);
    int status =
        status(
            () ->
                (int)
                    calls
                        .matmul()
                        .invokeExact(
                            handle,
                            plan.descriptor(),
                            one.address(),
                            b,
                            layoutA,
                            a,
                            layoutB,
                            zero.address(),
                            c,
                            layoutD,
                            c,
                            layoutD,
                            plan.algorithm().address(),
                            workspace.address(),
                            workspace.bytes(),
                            on.queue().address()));
    CublasStatus.check("cublasLtMatmul", status, product, on);
  }

  @Override
  public synchronized void close() {
    if (!closed) {
      device.forget(this);
      closed = true;
      try (arena) {
        if (device.makeCurrentToClose()) {
          plans.values().forEach(plan -> destroy(plan.descriptor(), plan.layouts()));
          status(() -> (int) calls.destroy().invokeExact(handle));
        }
        workspace.close();
      }
    }
  }

  @Override
  public String toString() {
    return "cublasLt";
  }

  private Plan plan(Key key, long bias, long z) {
    Plan known = plans.get(key);
    if (known == null) {
      known = create(key.product(), bias, z);
      plans.put(key, known);
    }
    return known;
  }

  /** The pointers are given to the heuristic, too, which looks at their alignment. */
  private Plan create(MatrixProduct product, long bias, long z) {
    long rows = product.rows();
    long cols = product.cols();
    long depth = product.depth();
    int compute = CublasStatus.compute(product);
    check(
        "cublasLtMatmulDescCreate",
        () ->
            (int)
                calls
                    .descriptorCreate()
                    .invokeExact(scratch.address(), compute, cudaDataType.CUDA_R_32F));
    long descriptor = scratch.get(JAVA_LONG, 0);
    List<Long> layouts = new ArrayList<>();
    try {
      describe(descriptor, product, bias, z);
      boolean turned = product.transposeB();
      layouts.add(layout(product.in(), turned ? depth : cols, turned ? cols : depth));
      turned = product.transposeA();
      layouts.add(layout(product.in(), turned ? rows : depth, turned ? depth : rows));
      layouts.add(layout(product.out(), cols, rows));
      return new Plan(descriptor, layouts, algorithm(product, descriptor, layouts));
    } catch (DeviceException e) {
      destroy(descriptor, layouts);
      throw e;
    }
  }

  private void describe(long descriptor, MatrixProduct product, long bias, long z) {
    set(descriptor, ATTRIBUTE_TRANSPOSE_A, CublasStatus.operation(product.transposeB()));
    set(descriptor, ATTRIBUTE_TRANSPOSE_B, CublasStatus.operation(product.transposeA()));
    set(descriptor, ATTRIBUTE_EPILOGUE, z != 0 ? EPILOGUE_GELU_AUX_BIAS : EPILOGUE_GELU_BIAS);
    set(descriptor, ATTRIBUTE_BIAS_POINTER, bias);
    if (z != 0) {
      set(descriptor, ATTRIBUTE_AUX_POINTER, z);
      set(descriptor, ATTRIBUTE_AUX_LEADING, product.cols());
    }
  }

  private void destroy(long descriptor, List<Long> layouts) {
    status(() -> (int) calls.descriptorDestroy().invokeExact(descriptor));
    for (long layout : layouts) {
      status(() -> (int) calls.layoutDestroy().invokeExact(layout));
    }
  }

  private MemorySegment algorithm(MatrixProduct product, long descriptor, List<Long> layouts) {
    long a = layouts.get(A);
    long b = layouts.get(B);
    long d = layouts.get(D);
    check(
        "cublasLtMatmulPreferenceCreate",
        () -> (int) calls.preferenceCreate().invokeExact(scratch.address()));
    long preference = scratch.get(JAVA_LONG, 0);
    try {
      scratch.set(JAVA_LONG, 0, workspace.bytes());
      check(
          "cublasLtMatmulPreferenceSetAttribute",
          () ->
              (int)
                  calls
                      .preferenceSet()
                      .invokeExact(
                          preference, PREFERENCE_WORKSPACE, scratch.address(), (long) Long.BYTES));
      MemorySegment result = arena.allocate(RESULT_BYTES, 8);
      int status =
          status(
              () ->
                  (int)
                      calls
                          .heuristic()
                          .invokeExact(
                              handle,
                              descriptor,
                              a,
                              b,
                              d,
                              d,
                              preference,
                              1,
                              result.address(),
                              scratch.address()));
      if (status == cublasStatus.CUBLAS_STATUS_SUCCESS && scratch.get(JAVA_INT, 0) == 0) {
        status = cublasStatus.CUBLAS_STATUS_NOT_SUPPORTED;
      }
      CublasStatus.check("cublasLtMatmulAlgoGetHeuristic", status, "; " + product);
      return result;
    } finally {
      status(() -> (int) calls.preferenceDestroy().invokeExact(preference));
    }
  }

  private long layout(DType dtype, long rows, long cols) {
    check(
        "cublasLtMatrixLayoutCreate",
        () ->
            (int)
                calls
                    .layoutCreate()
                    .invokeExact(scratch.address(), CublasStatus.type(dtype), rows, cols, rows));
    return scratch.get(JAVA_LONG, 0);
  }

  private void set(long descriptor, int attribute, int value) {
    scratch.set(JAVA_INT, 0, value);
    set(descriptor, attribute, Integer.BYTES, scratch);
  }

  private void set(long descriptor, int attribute, long value) {
    scratch.set(JAVA_LONG, 0, value);
    set(descriptor, attribute, Long.BYTES, scratch);
  }

  private void set(long descriptor, int attribute, long bytes, MemorySegment value) {
    check(
        "cublasLtMatmulDescSetAttribute",
        () ->
            (int) calls.descriptorSet().invokeExact(descriptor, attribute, value.address(), bytes));
  }

  private static void check(String name, Call call) {
    CublasStatus.check(name, status(call));
  }

  private static int status(Call call) {
    try {
      return call.run();
    } catch (Throwable e) {
      throw new AssertionError("a downcall does not throw", e);
    }
  }
}
