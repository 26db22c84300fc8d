package dev.lockstep.cuda;

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
 * The driver functions called without JCuda: those on the launch path, and what JCuda calls while
 * it holds on to a Java array. Handles and addresses travel as plain 64-bit integers, which is how
 * the C ABI passes them.
 *
 * @param launchKernel {@code cuLaunchKernel}: function, grid x y z, block x y z, shared bytes,
 *     stream, kernelParams, extra
 * @param setContext {@code cuCtxSetCurrent}: context
 * @param deviceName {@code cuDeviceGetName}: text, its length, device
 * @param standIn whether this is not NVIDIA's driver but the one of {@code native/}, for tests
 */
record DriverCalls(
    MethodHandle launchKernel, MethodHandle setContext, MethodHandle deviceName, boolean standIn) {
  /**
   * Loads the driver's library and finds the functions.
   *
   * @param library what the dynamic linker knows it by, for example {@code libcuda.so.1}
   * @throws MissingDriver when there is no such library, or it is something else
   */
  static DriverCalls open(String library) throws MissingDriver {
    SymbolLookup symbols;
    try {
      symbols = SymbolLookup.libraryLookup(library, Arena.global());
    } catch (IllegalArgumentException e) {
      throw new MissingDriver(library + " was not found", e);
    }
    MemoryLayout[] launch = {
      JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG,
      JAVA_LONG, JAVA_LONG
    };
    return new DriverCalls(
        bind(symbols, library, "cuLaunchKernel", launch),
        bind(symbols, library, "cuCtxSetCurrent", JAVA_LONG),
        bind(symbols, library, "cuDeviceGetName", JAVA_LONG, JAVA_INT, JAVA_INT),
        symbols.find("lockstep_standin").isPresent());
  }

  private static MethodHandle bind(
      SymbolLookup symbols, String library, String name, MemoryLayout... arguments)
      throws MissingDriver {
    return Linker.nativeLinker()
        .downcallHandle(
            symbols
                .find(name)
                .orElseThrow(() -> new MissingDriver(library + " has no " + name, null)),
            FunctionDescriptor.of(JAVA_INT, arguments));
  }

  /** {@code cuCtxSetCurrent}. */
  int setContext(long context) {
    try {
      return (int) setContext.invokeExact(context);
    } catch (Throwable e) {
      throw new AssertionError("a downcall does not throw", e);
    }
  }

  /** {@code cuDeviceGetName} into native memory. */
  int deviceName(MemorySegment text, int device) {
    try {
      return (int) deviceName.invokeExact(text.address(), (int) text.byteSize(), device);
    } catch (Throwable e) {
      throw new AssertionError("a downcall does not throw", e);
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
          launchKernel.invokeExact(
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
      throw new AssertionError("a downcall does not throw", e);
    }
  }

  /** The driver's library is missing or not the driver's; the message says which. */
  static final class MissingDriver extends Exception {
    MissingDriver(String message, @Nullable Throwable cause) {
      super(message, cause);
    }
  }
}
