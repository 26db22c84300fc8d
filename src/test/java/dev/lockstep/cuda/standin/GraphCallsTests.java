package dev.lockstep.cuda.standin;

import static jcuda.driver.JCudaDriver.cuCtxCreate;
import static jcuda.driver.JCudaDriver.cuCtxDestroy;
import static jcuda.driver.JCudaDriver.cuCtxSetCurrent;
import static jcuda.driver.JCudaDriver.cuDeviceGet;
import static jcuda.driver.JCudaDriver.cuGraphDestroy;
import static jcuda.driver.JCudaDriver.cuGraphExecDestroy;
import static jcuda.driver.JCudaDriver.cuGraphGetNodes;
import static jcuda.driver.JCudaDriver.cuGraphInstantiate;
import static jcuda.driver.JCudaDriver.cuGraphLaunch;
import static jcuda.driver.JCudaDriver.cuMemAlloc;
import static jcuda.driver.JCudaDriver.cuMemcpyDtoDAsync;
import static jcuda.driver.JCudaDriver.cuMemcpyDtoH;
import static jcuda.driver.JCudaDriver.cuMemsetD32;
import static jcuda.driver.JCudaDriver.cuMemsetD32Async;
import static jcuda.driver.JCudaDriver.cuStreamBeginCapture;
import static jcuda.driver.JCudaDriver.cuStreamCreate;
import static jcuda.driver.JCudaDriver.cuStreamEndCapture;
import static jcuda.driver.JCudaDriver.cuStreamIsCapturing;
import static jcuda.driver.JCudaDriver.cuStreamSynchronize;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import jcuda.Pointer;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUgraph;
import jcuda.driver.CUgraphExec;
import jcuda.driver.CUresult;
import jcuda.driver.CUstream;
import jcuda.driver.CUstreamCaptureMode;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Capturing does nothing, launching does all of it, as often as it is asked. */
@OnStandIn
class GraphCallsTests {
  private static final int RELAXED = CUstreamCaptureMode.CU_STREAM_CAPTURE_MODE_RELAXED;

  private final CUcontext context = new CUcontext();
  private final CUstream stream = new CUstream();
  private final CUdeviceptr source = new CUdeviceptr();
  private final CUdeviceptr target = new CUdeviceptr();
  private final ByteBuffer host = ByteBuffer.allocateDirect(4).order(ByteOrder.nativeOrder());

  @BeforeEach
  void open() {
    StandInDriver.open().close(); // JCuda's library is loaded
    CUdevice gpu = new CUdevice();
    succeed(cuDeviceGet(gpu, 0));
    succeed(cuCtxCreate(context, 0, gpu));
    succeed(cuStreamCreate(stream, 0));
    succeed(cuMemAlloc(source, 4));
    succeed(cuMemAlloc(target, 4));
    succeed(cuMemsetD32(target, 1, 1));
  }

  @AfterEach
  void close() {
    succeed(cuCtxDestroy(context));
  }

  private static void succeed(int code) {
    assertThat(code).as(CUresult.stringFor(code)).isZero();
  }

  private int target() {
    succeed(cuMemcpyDtoH(Pointer.to(host), target, 4));
    return host.getInt(0);
  }

  @Test
  void aCapturedStreamIsDoneWheneverItsGraphIsLaunched() {
    int[] status = new int[1];
    succeed(cuStreamBeginCapture(stream, RELAXED));
    succeed(cuStreamIsCapturing(stream, status));
    assertThat(status[0]).isOne();
    succeed(cuMemcpyDtoDAsync(target, source, 4, stream));
    succeed(cuMemsetD32Async(source, 9, 1, stream));
    CUgraph graph = new CUgraph();
    succeed(cuStreamEndCapture(stream, graph));
    assertThat(target()).as("nothing was done yet").isOne();

    long[] count = new long[1];
    succeed(cuGraphGetNodes(graph, null, count));
    assertThat(count[0]).isEqualTo(2);
    CUgraphExec executable = new CUgraphExec();
    succeed(cuGraphInstantiate(executable, graph, 0));
    succeed(cuGraphDestroy(graph));
    succeed(cuMemsetD32(source, 5, 1));
    succeed(cuGraphLaunch(executable, stream));
    assertThat(target()).as("in captured order").isEqualTo(5);
    succeed(cuGraphLaunch(executable, stream));
    assertThat(target()).isEqualTo(9);
    succeed(cuGraphExecDestroy(executable));
    assertThat(cuGraphLaunch(executable, stream)).isEqualTo(CUresult.CUDA_ERROR_INVALID_HANDLE);
  }

  @Test
  void waitingForACapturedStreamSpoilsTheCapture() {
    succeed(cuStreamBeginCapture(stream, RELAXED));
    assertThat(cuStreamSynchronize(stream))
        .isEqualTo(CUresult.CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED);
    assertThat(cuMemsetD32Async(source, 9, 1, stream))
        .isEqualTo(CUresult.CUDA_ERROR_STREAM_CAPTURE_INVALIDATED);
    assertThat(cuStreamEndCapture(stream, new CUgraph()))
        .isEqualTo(CUresult.CUDA_ERROR_STREAM_CAPTURE_INVALIDATED);
    succeed(cuStreamSynchronize(stream));
  }

  /** In the words of cuda.h: potentially unsafe calls. */
  @ParameterizedTest
  @CsvSource({"0, true, true", "1, true, false", "2, false, false"})
  void allocatingSpoilsTheCapturesThatForbidIt(int mode, boolean here, boolean elsewhere)
      throws Exception {
    succeed(cuStreamBeginCapture(stream, mode));
    assertThat(allocated()).isEqualTo(!here);
    assertThat(cuStreamEndCapture(stream, new CUgraph()) == 0).isEqualTo(!here);
    succeed(cuStreamBeginCapture(stream, mode));
    try (ExecutorService other = Executors.newSingleThreadExecutor()) {
      Callable<Boolean> allocation =
          () -> {
            succeed(cuCtxSetCurrent(context));
            return allocated();
          };
      assertThat(other.submit(allocation).get()).isEqualTo(!elsewhere);
      if (mode != RELAXED) {
        assertThat(other.submit(() -> cuStreamEndCapture(stream, new CUgraph())).get())
            .isEqualTo(CUresult.CUDA_ERROR_STREAM_CAPTURE_WRONG_THREAD);
      }
    }
    assertThat(cuStreamEndCapture(stream, new CUgraph()) == 0).isEqualTo(!elsewhere);
  }

  private static boolean allocated() {
    int code = cuMemAlloc(new CUdeviceptr(), 4);
    assertThat(code).isIn(0, CUresult.CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED);
    return code == 0;
  }

  @Test
  void onlyWhatWasBegunIsEnded() {
    assertThat(cuStreamEndCapture(stream, new CUgraph()))
        .isEqualTo(CUresult.CUDA_ERROR_ILLEGAL_STATE);
    assertThat(cuStreamBeginCapture(new CUstream(), RELAXED))
        .isEqualTo(CUresult.CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED);
  }
}
