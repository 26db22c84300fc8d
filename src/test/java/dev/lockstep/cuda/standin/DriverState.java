package dev.lockstep.cuda.standin;

import java.lang.foreign.Arena;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import jcuda.driver.CUresult;
import jcuda.jcublas.cublasStatus;

/** What all families of calls share: handles, and which context is current on which thread. */
final class DriverState {
  final StandInGpu gpu = new StandInGpu();
  final HandleTable<StandInContext> contexts =
      new HandleTable<>(CUresult.CUDA_ERROR_INVALID_CONTEXT);
  final HandleTable<StandInModule> modules = new HandleTable<>();
  final HandleTable<StandInFunction> functions = new HandleTable<>();
  final HandleTable<StandInStream> streams = new HandleTable<>();
  final HandleTable<StandInEvent> events = new HandleTable<>();
  final HandleTable<StandInGraph> graphs = new HandleTable<>();
  final HandleTable<StandInGraph.Node> graphNodes = new HandleTable<>();
  final HandleTable<StandInExecutable> executables = new HandleTable<>();
  final HandleTable<StandInCublas> blas =
      new HandleTable<>(cublasStatus.CUBLAS_STATUS_NOT_INITIALIZED);
  final Map<Long, Pinned> pinned = new ConcurrentHashMap<>();
  private final Map<Long, Deque<Long>> stacks = new ConcurrentHashMap<>();
  private final Captures captures = new Captures();
  private final LongSupplier thread;
  private volatile boolean initialised;

  /** Host memory of a context, by its address. */
  record Pinned(StandInContext context, Arena arena) {}

  /**
   * @param thread numbers the threads of the operating system
   */
  DriverState(LongSupplier thread) {
    this.thread = thread;
  }

  void initialise() {
    initialised = true;
  }

  void requireInitialised() {
    if (!initialised) {
      throw new DriverError(CUresult.CUDA_ERROR_NOT_INITIALIZED);
    }
  }

  /** The context of the calling thread, fit for work. */
  StandInContext current() {
    Long handle = stack().peek();
    if (handle == null) {
      throw new DriverError(CUresult.CUDA_ERROR_INVALID_CONTEXT);
    }
    StandInContext context = contexts.get(handle);
    context.check();
    return context;
  }

  /** As {@link #current}, for calls that may not be made while some thread captures. */
  StandInContext currentOutsideCapture() {
    StandInContext context = current();
    captures.forbid(thread.getAsLong());
    return context;
  }

  /** Captures begun and not ended, for the calling thread to begin and end its own. */
  Captures captures() {
    return captures;
  }

  /** The calling thread of the operating system. */
  long thread() {
    return thread.getAsLong();
  }

  /** The contexts pushed on the calling thread, the current one first. */
  Deque<Long> stack() {
    requireInitialised();
    return stacks.computeIfAbsent(thread.getAsLong(), number -> new ArrayDeque<>());
  }

  /** A stream of the current context. 0, 1 and 2 name its default stream. */
  StandInStream stream(long handle) {
    StandInContext context = current();
    if (handle >= 0 && handle <= 2) {
      return context.defaultStream;
    }
    StandInStream stream = streams.get(handle);
    if (stream.context != context) {
      throw new DriverError(CUresult.CUDA_ERROR_INVALID_HANDLE);
    }
    return stream;
  }

  /** A handle of cuBLAS, used where its context is current. */
  StandInCublas blas(long handle) {
    StandInCublas known = blasOrRefuse(handle);
    if (current() != known.context) {
      throw new DriverError.OfCublas(cublasStatus.CUBLAS_STATUS_INVALID_VALUE);
    }
    return known;
  }

  /** A handle of cuBLAS that exists. */
  StandInCublas blasOrRefuse(long handle) {
    try {
      return blas.get(handle);
    } catch (DriverError e) {
      throw new DriverError.OfCublas(e.code);
    }
  }

  /** Ends a context and everything in it. */
  void destroy(long handle) {
    StandInContext context = contexts.remove(handle);
    context.destroy();
    captures.forget(context);
    pinned
        .values()
        .removeIf(
            memory -> {
              boolean its = memory.context() == context;
              if (its) {
                memory.arena().close();
              }
              return its;
            });
    streams.removeIf(stream -> stream.context == context);
    events.removeIf(event -> event.context == context);
    graphs.removeIf(graph -> graph.context == context);
    graphNodes.removeIf(node -> node.graph().context == context);
    executables.removeIf(graph -> graph.context == context);
    blas.removeIf(its -> its.context == context);
    functions.removeIf(function -> function.module().context() == context);
    modules.removeIf(
        module -> {
          boolean its = module.context() == context;
          if (its) {
            module.kernels().close();
          }
          return its;
        });
  }
}
