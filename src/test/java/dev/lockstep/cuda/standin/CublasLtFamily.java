package dev.lockstep.cuda.standin;

import static dev.lockstep.cuda.standin.CublasFamily.require;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.lockstep.numeric.DType;
import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import jcuda.cudaDataType;
import jcuda.jcublas.cublasComputeType;
import jcuda.jcublas.cublasOperation;
import jcuda.jcublas.cublasStatus;

/** The calls of cublasLt that are used: products followed by bias and GELU, or by nothing. */
final class CublasLtFamily {
  private static final int SUCCESS = cublasStatus.CUBLAS_STATUS_SUCCESS;
  private static final int TRANSPOSE_A = 3;
  private static final int TRANSPOSE_B = 4;
  private static final int EPILOGUE = 7;
  private static final int BIAS_POINTER = 8;
  private static final int AUX_POINTER = 11;
  private static final int AUX_LEADING = 12;
  private static final int EPILOGUE_NONE = 1;
  private static final int WITH_BIAS = 4;
  private static final int WITH_GELU = 32;
  private static final int WITH_AUX = 128;
  private static final long ALGORITHM = 0x57a0;
  private static final long RESULT_BYTES = 96;

  private record Descriptor(int compute, Map<Integer, Long> attributes) {
    long get(int attribute, long otherwise) {
      return attributes.getOrDefault(attribute, otherwise);
    }
  }

  private record Layout(DType dtype, int rows, int cols, long leading) {
    ColumnMajor at(StandInContext context, long address) {
      return new ColumnMajor(context, address, dtype, rows, cols, leading);
    }
  }

  private final DriverState state;
  private final HandleTable<StandInContext> handles = table();
  private final HandleTable<Descriptor> descriptors = table();
  private final HandleTable<Layout> layouts = table();
  private final HandleTable<Long> preferences = table();

  CublasLtFamily(DriverState state) {
    this.state = state;
  }

  private static <T> HandleTable<T> table() {
    return new HandleTable<>(cublasStatus.CUBLAS_STATUS_INVALID_VALUE);
  }

  /** Everything that was created and not destroyed. */
  int size() {
    return handles.size() + descriptors.size() + layouts.size() + preferences.size();
  }

  @Export("cublasLtGetProperty")
  int property(int which, MemorySegment value) {
    return new CublasFamily(state).property(which, value);
  }

  @Export("cublasLtCreate")
  int create(MemorySegment handle) {
    Host.set(handle, handles.add(state.current()));
    return SUCCESS;
  }

  @Export("cublasLtDestroy")
  int destroy(long handle) {
    handles.remove(handle);
    return SUCCESS;
  }

  @Export("cublasLtMatmulDescCreate")
  int createDescriptor(MemorySegment descriptor, int compute, int scaleType) {
    require(scaleType == cudaDataType.CUDA_R_32F);
    Host.set(descriptor, descriptors.add(new Descriptor(compute, new ConcurrentHashMap<>())));
    return SUCCESS;
  }

  @Export("cublasLtMatmulDescDestroy")
  int destroyDescriptor(long descriptor) {
    descriptors.remove(descriptor);
    return SUCCESS;
  }

  @Export("cublasLtMatmulDescSetAttribute")
  int setAttribute(long descriptor, int attribute, MemorySegment value, long bytes) {
    boolean wide =
        switch (attribute) {
          case TRANSPOSE_A, TRANSPOSE_B, EPILOGUE -> false;
          case BIAS_POINTER, AUX_POINTER, AUX_LEADING -> true;
          default -> throw new DriverError.OfCublas(cublasStatus.CUBLAS_STATUS_INVALID_VALUE);
        };
    require(bytes == (wide ? Long.BYTES : Integer.BYTES));
    MemorySegment host = Host.at(value, bytes);
    descriptors
        .get(descriptor)
        .attributes()
        .put(attribute, wide ? host.get(JAVA_LONG, 0) : host.get(JAVA_INT, 0));
    return SUCCESS;
  }

  @Export("cublasLtMatrixLayoutCreate")
  int createLayout(MemorySegment layout, int type, long rows, long cols, long leading) {
    require(rows > 0 && cols > 0 && leading >= rows);
    Host.set(
        layout,
        layouts.add(
            new Layout(
                CublasProducts.dtype(type),
                Math.toIntExact(rows),
                Math.toIntExact(cols),
                leading)));
    return SUCCESS;
  }

  @Export("cublasLtMatrixLayoutDestroy")
  int destroyLayout(long layout) {
    layouts.remove(layout);
    return SUCCESS;
  }

  @Export("cublasLtMatmulPreferenceCreate")
  int createPreference(MemorySegment preference) {
    Host.set(preference, preferences.add(0L));
    return SUCCESS;
  }

  @Export("cublasLtMatmulPreferenceDestroy")
  int destroyPreference(long preference) {
    preferences.remove(preference);
    return SUCCESS;
  }

  @Export("cublasLtMatmulPreferenceSetAttribute")
  int setPreference(long preference, int attribute, MemorySegment value, long bytes) {
    preferences.get(preference);
    require(attribute == 1 && bytes == Long.BYTES && Host.at(value, bytes).get(JAVA_LONG, 0) >= 0);
    return SUCCESS;
  }

  @Export("cublasLtMatmulAlgoGetHeuristic")
  int heuristic(
      long handle,
      long descriptor,
      long a,
      long b,
      long c,
      long d,
      long preference,
      int wanted,
      MemorySegment results,
      MemorySegment found) {
    handles.get(handle);
    preferences.get(preference);
    layouts.get(c);
    require(wanted > 0);
    checked(descriptors.get(descriptor), layouts.get(a), layouts.get(b), layouts.get(d));
    Host.at(results, RESULT_BYTES).set(JAVA_LONG, 0, ALGORITHM);
    Host.set(found, 1);
    return SUCCESS;
  }

  @Export("cublasLtMatmul")
  int matmul(
      long handle,
      long descriptor,
      MemorySegment alpha,
      long a,
      long layoutA,
      long b,
      long layoutB,
      MemorySegment beta,
      long c,
      long layoutC,
      long d,
      long layoutD,
      MemorySegment algorithm,
      long workspace,
      long workspaceBytes,
      long stream) {
    StandInContext context = handles.get(handle);
    StandInStream on = state.stream(stream);
    Descriptor what = descriptors.get(descriptor);
    Layout of = layouts.get(layoutD);
    int depth = checked(what, layouts.get(layoutA), layouts.get(layoutB), of);
    require(Host.at(algorithm, Long.BYTES).get(JAVA_LONG, 0) == ALGORITHM);
    if (workspaceBytes > 0) {
      context.place(workspace, workspaceBytes);
    }
    float times = Host.at(alpha, Float.BYTES).get(JAVA_FLOAT, 0);
    float plus = Host.at(beta, Float.BYTES).get(JAVA_FLOAT, 0);
    int epilogue = (int) what.get(EPILOGUE, EPILOGUE_NONE);
    long bias = what.get(BIAS_POINTER, 0);
    long aux = what.get(AUX_POINTER, 0);
    long auxLeading = what.get(AUX_LEADING, 0);
    on.submit(
        new GraphNode(
            GraphNode.Kind.KERNEL,
            gpu -> {
              float[] offsets =
                  (epilogue & WITH_BIAS) == 0
                      ? new float[of.rows()]
                      : new ColumnMajor(context, bias, of.dtype(), of.rows(), 1, of.rows())
                          .read(gpu);
              double[] kept = new double[of.rows() * of.cols()];
              new Gemm(
                      turned(what, TRANSPOSE_A),
                      turned(what, TRANSPOSE_B),
                      layouts.get(layoutA).at(context, a),
                      layouts.get(layoutB).at(context, b),
                      layouts.get(layoutC).at(context, c),
                      of.at(context, d),
                      depth,
                      ignored -> times,
                      ignored -> plus,
                      what.compute() == cublasComputeType.CUBLAS_COMPUTE_32F_FAST_TF32,
                      (row, col, sum) -> {
                        double z = sum + offsets[row];
                        kept[col * of.rows() + row] = z;
                        return (epilogue & WITH_GELU) == 0 ? z : gelu(z);
                      })
                  .on(gpu);
              if ((epilogue & WITH_AUX) != 0) {
                new ColumnMajor(context, aux, of.dtype(), of.rows(), of.cols(), auxLeading)
                    .write(gpu, kept);
              }
            }));
    return SUCCESS;
  }

  /** Refuses shapes that do not fit and what is not there; answers with the depth of sums. */
  private static int checked(Descriptor what, Layout a, Layout b, Layout d) {
    boolean turnedA = turned(what, TRANSPOSE_A);
    boolean turnedB = turned(what, TRANSPOSE_B);
    int depth = turnedA ? a.rows() : a.cols();
    require((turnedA ? a.cols() : a.rows()) == d.rows());
    require((turnedB ? b.rows() : b.cols()) == d.cols());
    require((turnedB ? b.cols() : b.rows()) == depth);
    int epilogue = (int) what.get(EPILOGUE, EPILOGUE_NONE);
    boolean known = (epilogue & ~(WITH_BIAS | WITH_GELU | WITH_AUX)) == 0;
    if (!known && epilogue != EPILOGUE_NONE) {
      throw new DriverError.OfCublas(cublasStatus.CUBLAS_STATUS_NOT_SUPPORTED);
    }
    require((epilogue & WITH_BIAS) == 0 || what.get(BIAS_POINTER, 0) != 0);
    require(
        (epilogue & WITH_AUX) == 0
            || what.get(AUX_POINTER, 0) != 0
                && what.get(AUX_LEADING, 0) >= d.rows()
                && what.get(AUX_LEADING, 0) % 8 == 0);
    return depth;
  }

  private static boolean turned(Descriptor what, int attribute) {
    return what.get(attribute, cublasOperation.CUBLAS_OP_N) != cublasOperation.CUBLAS_OP_N;
  }

  /** In its tanh form, which is what cublasLt computes. */
  private static double gelu(double z) {
    return 0.5 * z * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (z + 0.044715 * z * z * z)));
  }
}
