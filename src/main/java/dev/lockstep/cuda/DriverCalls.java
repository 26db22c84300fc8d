package dev.lockstep.cuda;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import org.jspecify.annotations.Nullable;

/**
 * The driver functions called without JCuda: all that queue work, for their cost, and what JCuda
 * calls while it holds on to a Java array. Handles and addresses travel as plain 64-bit integers,
 * which is how the C ABI passes them.
 *
 * <p>A handle of a C function's type is a constant and takes the function's address: that is as
 * fast as one bound to the address, which would be no constant, the library being known at run time
 * only.
 */
final class DriverCalls {
  private static final MethodHandle OF_LONG = type(JAVA_LONG);
  private static final MethodHandle OF_LONGS = type(JAVA_LONG, JAVA_LONG);
  private static final MethodHandle LONGS_AND_FLAGS = type(JAVA_LONG, JAVA_LONG, JAVA_INT);
  private static final MethodHandle NAME = type(JAVA_LONG, JAVA_INT, JAVA_INT);
  private static final MethodHandle FOUR_LONGS = type(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);
  private static final MethodHandle FILL = type(JAVA_LONG, JAVA_BYTE, JAVA_LONG, JAVA_LONG);
  private static final MethodHandle LAUNCH =
      type(
          JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT,
          JAVA_LONG, JAVA_LONG, JAVA_LONG);

  private static final MethodHandle LAUNCH_EX = type(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);
  private static final MethodHandle ENCODE_TENSOR_MAP =
      type(
          JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG,
          JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT);

  private final boolean standIn;
  private final MemorySegment launchKernel;
  private final MemorySegment setContext;
  private final MemorySegment deviceName;
  private final MemorySegment copyToDevice;
  private final MemorySegment copyToHost;
  private final MemorySegment copyOnDevice;
  private final MemorySegment fill;
  private final MemorySegment recordEvent;
  private final MemorySegment awaitEvent;
  private final MemorySegment launchGraph;
  private final MemorySegment allocateHost;
  private final MemorySegment freeHost;
  private final MemorySegment synchronize;
  private final MemorySegment moduleVariable;
  private final LaterCall launchKernelEx;
  private final LaterCall encodeTensorMap;

  private DriverCalls(Library library) throws MissingDriver {
    standIn = library.has(NativeLibrary.STAND_IN);
    launchKernel = library.find("cuLaunchKernel");
    setContext = library.find("cuCtxSetCurrent");
    deviceName = library.find("cuDeviceGetName");
    copyToDevice = library.find("cuMemcpyHtoDAsync_v2");
    copyToHost = library.find("cuMemcpyDtoHAsync_v2");
    copyOnDevice = library.find("cuMemcpyDtoDAsync_v2");
    fill = library.find("cuMemsetD8Async");
    recordEvent = library.find("cuEventRecord");
    awaitEvent = library.find("cuStreamWaitEvent");
    launchGraph = library.find("cuGraphLaunch");
    allocateHost = library.find("cuMemHostAlloc");
    freeHost = library.find("cuMemFreeHost");
    moduleVariable = library.find("cuModuleGetGlobal_v2");
    synchronize = library.find("cuStreamSynchronize");
    launchKernelEx = library.findLater("cuLaunchKernelEx", "11.8");
    encodeTensorMap = library.findLater("cuTensorMapEncodeTiled", "12.0");
  }

  /**
   * Loads the driver's library and finds the functions.
   *
   * @param library what the dynamic linker knows it by, for example {@code libcuda.so.1}
   * @throws MissingDriver when there is no such library, or it is something else
   */
  static DriverCalls open(String library) throws MissingDriver {
    try {
      return of(library, SymbolLookup.libraryLookup(library, Arena.global()));
    } catch (IllegalArgumentException e) {
      throw new MissingDriver(library + " was not found", e);
    }
  }

  /**
   * Finds the functions in a library that is loaded.
   *
   * @param library what messages call it
   */
  static DriverCalls of(String library, SymbolLookup symbols) throws MissingDriver {
    return new DriverCalls(new Library(library, symbols));
  }

  /** Whether this is not NVIDIA's driver but the one of {@code native/}, for tests. */
  boolean standIn() {
    return standIn;
  }

  /** {@code cuCtxSetCurrent}. */
  int setContext(long context) {
    try {
      return (int) OF_LONG.invokeExact(setContext, context);
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  /** {@code cuDeviceGetName} into native memory. */
  int deviceName(MemorySegment text, int device) {
    try {
      return (int) NAME.invokeExact(deviceName, text.address(), (int) text.byteSize(), device);
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  /** {@code cuMemcpyHtoDAsync}. */
  int copyToDevice(long target, long source, long bytes, long stream) {
    return copy(copyToDevice, target, source, bytes, stream);
  }

  /** {@code cuMemcpyDtoHAsync}. */
  int copyToHost(long target, long source, long bytes, long stream) {
    return copy(copyToHost, target, source, bytes, stream);
  }

  /** {@code cuMemcpyDtoDAsync}. */
  int copyOnDevice(long target, long source, long bytes, long stream) {
    return copy(copyOnDevice, target, source, bytes, stream);
  }

  private static int copy(
      MemorySegment function, long target, long source, long bytes, long stream) {
    try {
      return (int) FOUR_LONGS.invokeExact(function, target, source, bytes, stream);
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  /** {@code cuMemsetD8Async}. */
  int fill(long target, byte value, long bytes, long stream) {
    try {
      return (int) FILL.invokeExact(fill, target, value, bytes, stream);
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  /** {@code cuEventRecord}. */
  int recordEvent(long event, long stream) {
    try {
      return (int) OF_LONGS.invokeExact(recordEvent, event, stream);
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  /** {@code cuStreamWaitEvent}. */
  int awaitEvent(long stream, long event) {
    try {
      return (int) LONGS_AND_FLAGS.invokeExact(awaitEvent, stream, event, 0);
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  /** {@code cuGraphLaunch}. */
  int launchGraph(long executable, long stream) {
    try {
      return (int) OF_LONGS.invokeExact(launchGraph, executable, stream);
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  /** {@code cuMemHostAlloc}; the address goes to native memory. */
  int allocateHost(MemorySegment address, long bytes) {
    try {
      return (int) LONGS_AND_FLAGS.invokeExact(allocateHost, address.address(), bytes, 0);
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  /** {@code cuMemFreeHost}. */
  int freeHost(long address) {
    try {
      return (int) OF_LONG.invokeExact(freeHost, address);
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  /**
   * {@code cuModuleGetGlobal}; address and size, 64 bits each, go to native memory.
   *
   * @param name a C string
   */
  int moduleVariable(MemorySegment address, MemorySegment bytes, long module, MemorySegment name) {
    try {
      return (int)
          FOUR_LONGS.invokeExact(
              moduleVariable, address.address(), bytes.address(), module, name.address());
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  /** {@code cuStreamSynchronize}. */
  int synchronize(long stream) {
    try {
      return (int) OF_LONG.invokeExact(synchronize, stream);
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  /** {@code cuLaunchKernel} with its parameters packed in {@code extra}. */
  int launchKernel(
      long function,
      int gridX,
      int gridY,
      int gridZ,
      int blockX,
      int blockY,
      int blockZ,
      int sharedBytes,
      long stream,
      long extra) {
    try {
      return (int)
          LAUNCH.invokeExact(
              launchKernel,
              function,
              gridX,
              gridY,
              gridZ,
              blockX,
              blockY,
              blockZ,
              sharedBytes,
              stream,
              0L,
              extra);
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  /** {@code cuLaunchKernelEx}, or why the driver has none. */
  LaterCall launchKernelEx() {
    return launchKernelEx;
  }

  /** {@code cuTensorMapEncodeTiled}, or why the driver has none. */
  LaterCall encodeTensorMap() {
    return encodeTensorMap;
  }

  /**
   * {@code cuLaunchKernelEx} with its parameters packed in {@code extra}.
   *
   * @param launch the function
   * @param configuration address of a {@link LaunchConfiguration}
   */
  static int launchKernelEx(MemorySegment launch, long configuration, long function, long extra) {
    try {
      return (int) LAUNCH_EX.invokeExact(launch, configuration, function, 0L, extra);
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  /**
   * {@code cuTensorMapEncodeTiled} for a tensor that is not interleaved, with no wish for the cache
   * and zeros outside.
   *
   * @param encode the function
   * @param map where to, a multiple of 64
   * @param sizes address of {@code rank} 64-bit numbers
   * @param strides address of one less
   * @param box address of {@code rank} 32-bit numbers
   * @param steps likewise
   */
  static int encodeTensorMap(
      MemorySegment encode,
      long map,
      int element,
      int rank,
      long address,
      long sizes,
      long strides,
      long box,
      long steps,
      int swizzle) {
    try {
      return (int)
          ENCODE_TENSOR_MAP.invokeExact(
              encode, map, element, rank, address, sizes, strides, box, steps, 0, swizzle, 0, 0);
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  private static MethodHandle type(MemoryLayout... arguments) {
    return Linker.nativeLinker().downcallHandle(FunctionDescriptor.of(JAVA_INT, arguments));
  }

  private static AssertionError impossible(Throwable e) {
    return new AssertionError("a downcall does not throw", e);
  }

  private record Library(String name, SymbolLookup symbols) {
    boolean has(String symbol) {
      return symbols.find(symbol).isPresent();
    }

    LaterCall findLater(String symbol, String version) {
      return symbols
          .find(symbol)
          .<LaterCall>map(LaterCall.Found::new)
          .orElseGet(
              () ->
                  new LaterCall.Missing(
                      "%s has no %s, which drivers for CUDA %s and later have: update the driver"
                          .formatted(name, symbol, version)));
    }

    MemorySegment find(String symbol) throws MissingDriver {
      return symbols
          .find(symbol)
          .orElseThrow(() -> new MissingDriver(name + " has no " + symbol, null));
    }
  }

  /** The driver's library is missing or not the driver's; the message says which. */
  static final class MissingDriver extends Exception {
    MissingDriver(String message, @Nullable Throwable cause) {
      super(message, cause);
    }
  }
}
