package dev.lockstep.cuda.standin;

import static dev.lockstep.cuda.standin.ForeignGraphCalls.launchInstead;
import static dev.lockstep.cuda.standin.ForeignGraphCalls.nodes;
import static dev.lockstep.cuda.standin.ForeignGraphCalls.type;
import static dev.lockstep.cuda.standin.ForeignGraphCalls.update;
import static jcuda.driver.JCudaDriver.cuCtxCreate;
import static jcuda.driver.JCudaDriver.cuCtxDestroy;
import static jcuda.driver.JCudaDriver.cuCtxSetCurrent;
import static jcuda.driver.JCudaDriver.cuDeviceGet;
import static jcuda.driver.JCudaDriver.cuGraphDestroy;
import static jcuda.driver.JCudaDriver.cuGraphExecDestroy;
import static jcuda.driver.JCudaDriver.cuGraphGetNodes;
import static jcuda.driver.JCudaDriver.cuGraphInstantiate;
import static jcuda.driver.JCudaDriver.cuGraphLaunch;
import static jcuda.driver.JCudaDriver.cuLaunchKernel;
import static jcuda.driver.JCudaDriver.cuMemAlloc;
import static jcuda.driver.JCudaDriver.cuMemcpyDtoDAsync;
import static jcuda.driver.JCudaDriver.cuMemcpyDtoH;
import static jcuda.driver.JCudaDriver.cuMemsetD32;
import static jcuda.driver.JCudaDriver.cuMemsetD32Async;
import static jcuda.driver.JCudaDriver.cuModuleGetFunction;
import static jcuda.driver.JCudaDriver.cuModuleLoadData;
import static jcuda.driver.JCudaDriver.cuStreamBeginCapture;
import static jcuda.driver.JCudaDriver.cuStreamCreate;
import static jcuda.driver.JCudaDriver.cuStreamEndCapture;
import static jcuda.driver.JCudaDriver.cuStreamIsCapturing;
import static jcuda.driver.JCudaDriver.cuStreamSynchronize;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.cuda.standin.ForeignGraphCalls.Executable;
import dev.lockstep.cuda.standin.ForeignGraphCalls.Function;
import dev.lockstep.cuda.standin.ForeignGraphCalls.Graph;
import dev.lockstep.cuda.standin.ForeignGraphCalls.Memory;
import dev.lockstep.cuda.standin.ForeignGraphCalls.Updated;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import jcuda.Pointer;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUgraph;
import jcuda.driver.CUgraphExec;
import jcuda.driver.CUmodule;
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

  private static final String STORE =
      """
      .version 7.0
      .target sm_80
      .address_size 64
      .visible .entry store(.param .u64 to, .param .u32 value)
      {
        .reg .b64 %rd<2>;
        .reg .b32 %r<2>;
        ld.param.u64 %rd1, [to];
        ld.param.u32 %r1, [value];
        st.global.u32 [%rd1], %r1;
        ret;
      }
      """;

  private final CUcontext context = new CUcontext();
  private final CUstream stream = new CUstream();
  private final CUdeviceptr source = new CUdeviceptr();
  private final Memory target = new Memory();
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

  static void succeed(int code) {
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

  private Graph captured(Runnable work) {
    Graph graph = new Graph();
    succeed(cuStreamBeginCapture(stream, RELAXED));
    work.run();
    succeed(cuStreamEndCapture(stream, graph));
    return graph;
  }

  private static Executable executable(CUgraph graph) {
    Executable executable = new Executable();
    succeed(cuGraphInstantiate(executable, graph, 0));
    return executable;
  }

  private static Function store() {
    CUmodule module = new CUmodule();
    succeed(cuModuleLoadData(module, (STORE + "\0").getBytes(StandardCharsets.US_ASCII)));
    Function store = new Function();
    succeed(cuModuleGetFunction(store, module, "store"));
    return store;
  }

  /** For {@code store}: where to, and what. */
  private Pointer parameters(CUdeviceptr to, int value) {
    ByteBuffer number = ByteBuffer.allocateDirect(4).order(ByteOrder.nativeOrder());
    number.putInt(0, value);
    return Pointer.to(Pointer.to(to), Pointer.to(number));
  }

  @Test
  void nodesAreListedInOrderWithWhatTheyDo() throws Throwable {
    Function store = store();
    Graph graph =
        captured(
            () -> {
              succeed(cuMemsetD32Async(source, 9, 1, stream));
              succeed(cuMemcpyDtoDAsync(target, source, 4, stream));
              succeed(
                  cuLaunchKernel(store, 1, 1, 1, 1, 1, 1, 0, stream, parameters(target, 3), null));
            });
    List<Long> nodes = nodes(graph);
    assertThat(List.of(type(nodes.get(0)), type(nodes.get(1)), type(nodes.get(2))))
        .containsExactly(2, 1, 0);
    List<Long> all = nodes(graph, 5);
    assertThat(all).hasSize(3).isEqualTo(nodes(graph, 3));
    assertThat(nodes(graph, 2)).as("as many as there is place for").isEqualTo(all.subList(0, 2));
    succeed(cuGraphDestroy(graph));
    assertThat(type(nodes.getFirst())).isEqualTo(CUresult.CUDA_ERROR_INVALID_HANDLE);
  }

  @Test
  void aKernelOfAnExecutableTakesOtherParameters() throws Throwable {
    Function store = store();
    Graph graph =
        captured(
            () -> {
              succeed(
                  cuLaunchKernel(store, 1, 1, 1, 1, 1, 1, 0, stream, parameters(target, 3), null));
              succeed(cuMemcpyDtoDAsync(source, target, 4, stream));
            });
    Executable executable = executable(graph);
    Executable untouched = executable(graph);
    List<Long> nodes = nodes(graph);
    succeed(launchInstead(executable, nodes.get(0), store, target, 7, 1));
    assertThat(target()).as("nothing is launched by that").isOne();
    succeed(cuGraphLaunch(executable, stream));
    assertThat(target()).isEqualTo(7);
    succeed(cuGraphLaunch(untouched, stream));
    assertThat(target()).as("the graph and its other executables stay as they are").isEqualTo(3);

    assertThat(launchInstead(executable, nodes.get(1), store, target, 8, 1))
        .as("a copy is no kernel")
        .isEqualTo(CUresult.CUDA_ERROR_INVALID_VALUE);
    assertThat(launchInstead(executable, nodes.get(0), store, target, 8, 2000))
        .as("no block has 2000 threads")
        .isEqualTo(CUresult.CUDA_ERROR_INVALID_VALUE);
    Graph other = captured(() -> succeed(cuMemsetD32Async(target, 9, 1, stream)));
    assertThat(launchInstead(executable(other), nodes.get(0), store, target, 8, 1))
        .as("a node of another graph")
        .isEqualTo(CUresult.CUDA_ERROR_INVALID_VALUE);
    succeed(cuGraphLaunch(executable, stream));
    assertThat(target()).as("what was refused changed nothing").isEqualTo(7);
  }

  @Test
  void anExecutableDoesWhatAnotherGraphOfItsShapeDoes() throws Throwable {
    Function store = store();
    Graph first =
        captured(
            () -> {
              succeed(cuMemsetD32Async(source, 9, 1, stream));
              succeed(
                  cuLaunchKernel(store, 1, 1, 1, 1, 1, 1, 0, stream, parameters(target, 3), null));
            });
    Graph second =
        captured(
            () -> {
              succeed(cuMemsetD32Async(source, 8, 1, stream));
              succeed(
                  cuLaunchKernel(store, 1, 1, 1, 1, 1, 1, 0, stream, parameters(target, 4), null));
            });
    Executable executable = executable(first);
    assertThat(update(executable, second)).isEqualTo(new Updated(0, 0, 0));
    succeed(cuGraphDestroy(second));
    succeed(cuGraphLaunch(executable, stream));
    assertThat(target()).isEqualTo(4);

    Graph longer =
        captured(
            () -> {
              for (int i = 0; i < 3; i++) {
                succeed(cuMemsetD32Async(source, 7, 1, stream));
              }
            });
    assertThat(update(executable, longer))
        .as("topology changed")
        .isEqualTo(new Updated(CUresult.CUDA_ERROR_GRAPH_EXEC_UPDATE_FAILURE, 2, 0));
    Graph otherwise =
        captured(
            () -> {
              succeed(cuMemsetD32Async(target, 6, 1, stream));
              succeed(cuMemcpyDtoDAsync(target, source, 4, stream));
            });
    assertThat(update(executable, otherwise))
        .as("the second node is no kernel any more")
        .isEqualTo(
            new Updated(CUresult.CUDA_ERROR_GRAPH_EXEC_UPDATE_FAILURE, 3, nodes(otherwise).get(1)));
    succeed(cuGraphLaunch(executable, stream));
    assertThat(target()).as("what was refused changed nothing").isEqualTo(4);
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
