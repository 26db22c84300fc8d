package dev.lockstep.cuda.standin;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
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

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import jcuda.Pointer;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUfunction;
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

  /** Handles with their numbers in reach. */
  private static final class Graph extends CUgraph {
    long address() {
      return getNativePointer();
    }
  }

  private static final class Executable extends CUgraphExec {
    long address() {
      return getNativePointer();
    }
  }

  private static final class Memory extends CUdeviceptr {
    long address() {
      return getNativePointer();
    }
  }

  private static final class Function extends CUfunction {
    long address() {
      return getNativePointer();
    }
  }

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

  private static MethodHandle driver(String name, FunctionDescriptor type) {
    return Linker.nativeLinker()
        .downcallHandle(
            SymbolLookup.libraryLookup("libcuda.so.1", Arena.global()).find(name).orElseThrow(),
            type);
  }

  /**
   * The nodes of a graph in so many places. Not through JCuda, which leaves it to chance how many
   * places the driver finds.
   */
  private static List<Long> nodes(Graph graph, int places) throws Throwable {
    MethodHandle get =
        driver("cuGraphGetNodes", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, ADDRESS, ADDRESS));
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment nodes = arena.allocate(JAVA_LONG, places).fill((byte) -1);
      MemorySegment count = arena.allocateFrom(JAVA_LONG, places);
      succeed((int) get.invokeExact(graph.address(), nodes, count));
      List<Long> all = Arrays.stream(nodes.toArray(JAVA_LONG)).boxed().toList();
      int listed = (int) count.get(JAVA_LONG, 0);
      assertThat(all.subList(listed, places)).as("places left over").allMatch(rest -> rest == 0);
      return all.subList(0, listed);
    }
  }

  private static List<Long> nodes(Graph graph) throws Throwable {
    long[] count = new long[1];
    succeed(cuGraphGetNodes(graph, null, count));
    return nodes(graph, (int) count[0]);
  }

  private static int type(long node) throws Throwable {
    MethodHandle get =
        driver("cuGraphNodeGetType", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, ADDRESS));
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment type = arena.allocate(JAVA_INT).fill((byte) -1);
      int code = (int) get.invokeExact(node, type);
      return code == 0 ? type.get(JAVA_INT, 0) : code;
    }
  }

  /** Lets a node launch {@code store} with one block of so many threads. */
  private int launchInstead(
      Executable executable, long node, Function store, int value, int threads) throws Throwable {
    MethodHandle set =
        driver(
            "cuGraphExecKernelNodeSetParams_v2",
            FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, ADDRESS));
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment params = arena.allocate(72, 8);
      params.set(JAVA_LONG, 0, store.address());
      for (int at = 8; at < 32; at += 4) {
        params.set(JAVA_INT, at, at == 20 ? threads : 1);
      }
      MemorySegment parameters = arena.allocate(ADDRESS, 2);
      parameters.setAtIndex(ADDRESS, 0, arena.allocateFrom(JAVA_LONG, target.address()));
      parameters.setAtIndex(ADDRESS, 1, arena.allocateFrom(JAVA_INT, value));
      params.set(ADDRESS, 40, parameters);
      return (int) set.invokeExact(executable.address(), node, params);
    }
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
    succeed(launchInstead(executable, nodes.get(0), store, 7, 1));
    assertThat(target()).as("nothing is launched by that").isOne();
    succeed(cuGraphLaunch(executable, stream));
    assertThat(target()).isEqualTo(7);
    succeed(cuGraphLaunch(untouched, stream));
    assertThat(target()).as("the graph and its other executables stay as they are").isEqualTo(3);

    assertThat(launchInstead(executable, nodes.get(1), store, 8, 1))
        .as("a copy is no kernel")
        .isEqualTo(CUresult.CUDA_ERROR_INVALID_VALUE);
    assertThat(launchInstead(executable, nodes.get(0), store, 8, 2000))
        .as("no block has 2000 threads")
        .isEqualTo(CUresult.CUDA_ERROR_INVALID_VALUE);
    Graph other = captured(() -> succeed(cuMemsetD32Async(target, 9, 1, stream)));
    assertThat(launchInstead(executable(other), nodes.get(0), store, 8, 1))
        .as("a node of another graph")
        .isEqualTo(CUresult.CUDA_ERROR_INVALID_VALUE);
    succeed(cuGraphLaunch(executable, stream));
    assertThat(target()).as("what was refused changed nothing").isEqualTo(7);
  }

  private record Updated(int code, int result, long node) {}

  /** JCuda's own libraries lack the call. */
  private static Updated update(Executable executable, Graph with) throws Throwable {
    MethodHandle update =
        driver(
            "cuGraphExecUpdate_v2", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, ADDRESS));
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment info = arena.allocate(24, 8).fill((byte) -1);
      int code = (int) update.invokeExact(executable.address(), with.address(), info);
      return new Updated(code, info.get(JAVA_INT, 0), info.get(JAVA_LONG, 8));
    }
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
