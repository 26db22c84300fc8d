package dev.lockstep.cuda;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.lockstep.device.DeviceProvider.Availability;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.util.Optional;
import jcuda.jcublas.JCublas2;

/** cuBLAS on this machine: found and bound by JCublas2, or the reason why not. Asked for once. */
sealed interface CublasSystem {
  /** What JCublas2 was built for: its library asks for symbols of this version. */
  int MAJOR = 12;

  /**
   * It can be used.
   *
   * @param version for example {@code 12.6.4}
   * @param where its file
   */
  record Ready(String version, String where) implements CublasSystem {}

  /** It cannot; {@code reason} is one line for people. */
  record Missing(String reason) implements CublasSystem {}

  /** The answer for this machine. */
  static CublasSystem get() {
    return Once.ANSWER;
  }

  /** Holds the answer; initialised at the first question. */
  final class Once {
    private static final CublasSystem ANSWER =
        probe(
            NativeLibrary.find(
                NativeLibrary.ofCuda12("cublas"), NativeLibrary.ofCuda12("cublasLt")));

    private Once() {}
  }

  /** Whether it can be used, in one line. */
  default Availability availability() {
    return switch (this) {
      case Ready ready ->
          new Availability(true, "cuBLAS %s, %s".formatted(ready.version(), ready.where()));
      case Missing missing -> new Availability(false, missing.reason());
    };
  }

  /** Looks whether a library is the one JCublas2 needs, and loads JCublas2's own if so. */
  static CublasSystem probe(NativeLibrary library) {
    return switch (library) {
      case NativeLibrary.Missing missing -> new Missing(missing.reason());
      case NativeLibrary.Found found -> probe(found);
    };
  }

  private static CublasSystem probe(NativeLibrary.Found found) {
    Optional<int[]> version = version(found.symbols(), "cublasGetProperty");
    if (version.isEmpty()) {
      return new Missing(
          found.standIn()
              ? found.where() + " is the stand-in of the tests, which answers only there"
              : found.where() + " is not cuBLAS: it does not tell its version");
    }
    int[] parts = version.get();
    String text = parts[0] + "." + parts[1] + "." + parts[2];
    if (parts[0] != MAJOR) {
      return new Missing(
          "%s is cuBLAS %s; JCublas2 was built for version %d"
              .formatted(found.where(), text, MAJOR));
    }
    try {
      // JCublas2's own library is linked against the one that was just loaded.
      PrivateNatives.load(() -> JCublas2.setExceptionsEnabled(false));
    } catch (UnsatisfiedLinkError | NoClassDefFoundError e) {
      return new Missing("JCublas2's library does not load: " + CudaSystem.cause(e));
    }
    return new Ready(text + (found.standIn() ? " (stand-in)" : ""), found.where());
  }

  /** Major, minor and patch version, through a call that needs no GPU: {@code (which, int*)}. */
  static Optional<int[]> version(SymbolLookup symbols, String call) {
    Optional<MemorySegment> function = symbols.find(call);
    if (function.isEmpty()) {
      return Optional.empty();
    }
    MethodHandle property =
        Linker.nativeLinker()
            .downcallHandle(function.get(), FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS));
    int[] parts = new int[3];
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment value = arena.allocate(JAVA_INT);
      for (int which = 0; which < parts.length; which++) {
        if ((int) property.invokeExact(which, value) != 0) {
          return Optional.empty();
        }
        parts[which] = value.get(JAVA_INT, 0);
      }
    } catch (Throwable e) {
      throw new AssertionError("a downcall does not throw", e);
    }
    return Optional.of(parts);
  }
}
