package dev.lockstep.cuda.standin;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import jcuda.driver.CUresult;
import jcuda.driver.CUstream_flags;

/** Streams, events' waiting side, and functions of the host that streams call. */
final class StreamFamily {
  private static final MethodHandle HOST_FUNCTION =
      Linker.nativeLinker().downcallHandle(FunctionDescriptor.ofVoid(ADDRESS));
  private static final MethodHandle CALLBACK =
      Linker.nativeLinker().downcallHandle(FunctionDescriptor.ofVoid(JAVA_LONG, JAVA_INT, ADDRESS));

  private final DriverState state;

  StreamFamily(DriverState state) {
    this.state = state;
  }

  @Export("cuStreamCreate")
  int create(MemorySegment stream, int flags) {
    return create(stream, flags, 0);
  }

  @Export("cuStreamCreateWithPriority")
  int create(MemorySegment stream, int flags, int priority) {
    StandInContext context = state.current();
    if ((flags & ~CUstream_flags.CU_STREAM_NON_BLOCKING) != 0) {
      return CUresult.CUDA_ERROR_INVALID_VALUE;
    }
    Host.set(stream, state.streams.add(new StandInStream(context, flags, priority)));
    return CUresult.CUDA_SUCCESS;
  }

  @Export("cuStreamDestroy_v2")
  int destroy(long stream) {
    state.current();
    state.captures().forget(state.streams.remove(stream));
    return CUresult.CUDA_SUCCESS;
  }

  @Export({"cuStreamSynchronize", "cuStreamQuery"})
  int synchronize(long stream) {
    state.stream(stream).requireNoCapture();
    return CUresult.CUDA_SUCCESS;
  }

  @Export("cuStreamWaitEvent")
  int await(long stream, long event, int flags) {
    state.stream(stream);
    state.events.get(event);
    return CUresult.CUDA_SUCCESS;
  }

  @Export("cuStreamGetFlags")
  int flags(long stream, MemorySegment flags) {
    Host.set(flags, state.stream(stream).flags);
    return CUresult.CUDA_SUCCESS;
  }

  @Export("cuStreamGetPriority")
  int priority(long stream, MemorySegment priority) {
    Host.set(priority, state.stream(stream).priority);
    return CUresult.CUDA_SUCCESS;
  }

  @Export("cuLaunchHostFunc")
  int hostFunction(long stream, MemorySegment function, MemorySegment data) {
    submit(
        state.stream(stream),
        () -> {
          HOST_FUNCTION.invokeExact(function, data);
        });
    return CUresult.CUDA_SUCCESS;
  }

  @Export("cuStreamAddCallback")
  int callback(long stream, MemorySegment function, MemorySegment data, int flags) {
    StandInStream on = state.stream(stream);
    on.requireNoCapture();
    submit(
        on,
        () -> {
          CALLBACK.invokeExact(function, stream, CUresult.CUDA_SUCCESS, data);
        });
    return CUresult.CUDA_SUCCESS;
  }

  private interface HostCall {
    void run() throws Throwable;
  }

  /** On a thread of the driver's own, as such functions are called. */
  private static void submit(StandInStream stream, HostCall call) {
    stream.submit(
        new GraphNode(
            GraphNode.Kind.HOST,
            gpu -> {
              Thread thread =
                  Thread.ofPlatform()
                      .name("stand-in driver")
                      .start(
                          () -> {
                            try {
                              call.run();
                            } catch (Throwable e) {
                              throw new AssertionError("a downcall does not throw", e);
                            }
                          });
              try {
                thread.join();
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            }));
  }
}
