package dev.lockstep.cuda.standin;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static jcuda.driver.JCudaDriver.cuGraphGetNodes;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.util.Arrays;
import java.util.List;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUfunction;
import jcuda.driver.CUgraph;
import jcuda.driver.CUgraphExec;

/**
 * Calls on graphs that JCuda lacks or leaves to chance, through java.lang.foreign; what they answer
 * is the driver's code.
 */
final class ForeignGraphCalls {
  /** Handles with their numbers in reach. */
  static final class Graph extends CUgraph {
    long address() {
      return getNativePointer();
    }
  }

  static final class Executable extends CUgraphExec {
    long address() {
      return getNativePointer();
    }
  }

  static final class Memory extends CUdeviceptr {
    long address() {
      return getNativePointer();
    }
  }

  static final class Function extends CUfunction {
    long address() {
      return getNativePointer();
    }
  }

  private ForeignGraphCalls() {}

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
  static List<Long> nodes(Graph graph, int places) throws Throwable {
    MethodHandle get =
        driver("cuGraphGetNodes", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, ADDRESS, ADDRESS));
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment nodes = arena.allocate(JAVA_LONG, places).fill((byte) -1);
      MemorySegment count = arena.allocateFrom(JAVA_LONG, places);
      GraphCallsTests.succeed((int) get.invokeExact(graph.address(), nodes, count));
      List<Long> all = Arrays.stream(nodes.toArray(JAVA_LONG)).boxed().toList();
      int listed = (int) count.get(JAVA_LONG, 0);
      assertThat(all.subList(listed, places)).as("places left over").allMatch(rest -> rest == 0);
      return all.subList(0, listed);
    }
  }

  static List<Long> nodes(Graph graph) throws Throwable {
    long[] count = new long[1];
    GraphCallsTests.succeed(cuGraphGetNodes(graph, null, count));
    return nodes(graph, (int) count[0]);
  }

  static int type(long node) throws Throwable {
    MethodHandle get =
        driver("cuGraphNodeGetType", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, ADDRESS));
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment type = arena.allocate(JAVA_INT).fill((byte) -1);
      int code = (int) get.invokeExact(node, type);
      return code == 0 ? type.get(JAVA_INT, 0) : code;
    }
  }

  /**
   * Lets a node launch {@code store}, whose arguments are an address and a value, with one block of
   * so many threads.
   */
  static int launchInstead(
      Executable executable, long node, Function store, Memory target, int value, int threads)
      throws Throwable {
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

  record Updated(int code, int result, long node) {}

  /** JCuda's own libraries lack the call. */
  static Updated update(Executable executable, Graph with) throws Throwable {
    MethodHandle update =
        driver(
            "cuGraphExecUpdate_v2", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, ADDRESS));
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment info = arena.allocate(24, 8).fill((byte) -1);
      int code = (int) update.invokeExact(executable.address(), with.address(), info);
      return new Updated(code, info.get(JAVA_INT, 0), info.get(JAVA_LONG, 8));
    }
  }
}
