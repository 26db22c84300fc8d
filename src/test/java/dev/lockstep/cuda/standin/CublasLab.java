package dev.lockstep.cuda.standin;

import static jcuda.jcublas.JCublas2.cublasCreate;
import static jcuda.jcublas.JCublas2.cublasDestroy;
import static jcuda.jcublas.JCublas2.cublasSetStream;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.numeric.BFloat16;
import dev.lockstep.numeric.DType;
import dev.lockstep.numeric.Float16;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Random;
import jcuda.Pointer;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUstream;
import jcuda.driver.JCudaDriver;
import jcuda.jcublas.cublasHandle;
import jcuda.runtime.cudaStream_t;

/** A cuBLAS handle on a stream of a context of its own, with memory for three matrices. */
final class CublasLab implements AutoCloseable {
  /** Of each matrix's memory. */
  static final int ELEMENTS = 4096;

  final CUcontext context = new CUcontext();
  final CUstream stream = new CUstream();
  final cublasHandle handle = new cublasHandle();
  final CUdeviceptr a = new CUdeviceptr();
  final CUdeviceptr b = new CUdeviceptr();
  final CUdeviceptr c = new CUdeviceptr();

  private final ByteBuffer host = direct(4 * ELEMENTS);
  private final Random random = new Random(1);

  CublasLab() {
    StandInDriver.open().close(); // JCuda's library is loaded
    CUdevice gpu = new CUdevice();
    succeed(JCudaDriver.cuDeviceGet(gpu, 0));
    succeed(JCudaDriver.cuCtxCreate(context, 0, gpu));
    succeed(JCudaDriver.cuStreamCreate(stream, 0));
    for (CUdeviceptr memory : new CUdeviceptr[] {a, b, c}) {
      succeed(JCudaDriver.cuMemAlloc(memory, 4 * ELEMENTS));
    }
    succeed(cublasCreate(handle));
    succeed(cublasSetStream(handle, new cudaStream_t(stream)));
  }

  static void succeed(int code) {
    assertThat(code).isZero();
  }

  /** A product of these matrices. */
  GemmCall gemm(int m, int n, int k) {
    return new GemmCall(this, m, n, k);
  }

  /** A number in host memory. */
  static Pointer scalar(float value) {
    return Pointer.to(direct(4).putFloat(0, value));
  }

  private static ByteBuffer direct(int bytes) {
    return ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
  }

  void write(CUdeviceptr memory, float value) {
    host.putFloat(0, value);
    succeed(JCudaDriver.cuMemcpyHtoD(memory, Pointer.to(host), 4));
  }

  /** Random numbers everywhere; answers with them as the type rounds them. */
  float[] write(CUdeviceptr memory, DType dtype) {
    float[] values = new float[ELEMENTS];
    for (int i = 0; i < ELEMENTS; i++) {
      values[i] = (float) dtype.round(random.nextGaussian());
      switch (dtype) {
        case F32 -> host.putFloat(4 * i, values[i]);
        case F16 -> host.putShort(2 * i, Float16.fromFloat(values[i]));
        case BF16 -> host.putShort(2 * i, BFloat16.fromFloat(values[i]));
        case I32, F64 -> throw new AssertionError(dtype);
      }
    }
    succeed(JCudaDriver.cuMemcpyHtoD(memory, Pointer.to(host), 4 * ELEMENTS));
    return values;
  }

  /** C. */
  float[] read(DType dtype) {
    succeed(JCudaDriver.cuMemcpyDtoH(Pointer.to(host), c, 4 * ELEMENTS));
    float[] values = new float[ELEMENTS];
    for (int i = 0; i < ELEMENTS; i++) {
      values[i] =
          switch (dtype) {
            case F32 -> host.getFloat(4 * i);
            case F16 -> Float16.toFloat(host.getShort(2 * i));
            case BF16 -> BFloat16.toFloat(host.getShort(2 * i));
            case I32, F64 -> throw new AssertionError(dtype);
          };
    }
    return values;
  }

  @Override
  public void close() {
    succeed(cublasDestroy(handle));
    succeed(JCudaDriver.cuCtxDestroy(context));
  }
}
