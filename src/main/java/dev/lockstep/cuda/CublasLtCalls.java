package dev.lockstep.cuda;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.lockstep.device.DeviceProvider.Availability;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.util.Optional;

/**
 * The functions of cublasLt, which JCuda does not bind. Handles, descriptors and addresses travel
 * as 64-bit integers. All return a status but are otherwise as in {@code cublasLt.h}.
 */
record CublasLtCalls(
    MethodHandle create,
    MethodHandle destroy,
    MethodHandle descriptorCreate,
    MethodHandle descriptorDestroy,
    MethodHandle descriptorSet,
    MethodHandle layoutCreate,
    MethodHandle layoutDestroy,
    MethodHandle preferenceCreate,
    MethodHandle preferenceDestroy,
    MethodHandle preferenceSet,
    MethodHandle heuristic,
    MethodHandle matmul) {
  /** The library on this machine, or why there is none; asked for once. */
  sealed interface Answer {
    /** It can be used. */
    record Ready(CublasLtCalls calls, String reason) implements Answer {}

    /** It cannot. */
    record Missing(String reason) implements Answer {}

    /** In one line. */
    default Availability availability() {
      return switch (this) {
        case Ready ready -> new Availability(true, ready.reason());
        case Missing missing -> new Availability(false, missing.reason());
      };
    }
  }

  /** Holds the answer; initialised at the first question. */
  private static final class Once {
    private static final Answer ANSWER =
        probe(NativeLibrary.find(NativeLibrary.ofCuda12("cublasLt")));
  }

  static Answer get() {
    return Once.ANSWER;
  }

  static Answer probe(NativeLibrary library) {
    if (library instanceof NativeLibrary.Found found) {
      Optional<int[]> version = CublasSystem.version(found.symbols(), "cublasLtGetProperty");
      if (version.isEmpty()) {
        return new Answer.Missing(found.where() + " is not cublasLt: it does not tell its version");
      }
      int[] parts = version.get();
      try {
        return new Answer.Ready(
            bind(found.symbols()),
            "cublasLt %d.%d.%d%s, %s"
                .formatted(
                    parts[0],
                    parts[1],
                    parts[2],
                    found.standIn() ? " (stand-in)" : "",
                    found.where()));
      } catch (IllegalArgumentException e) {
        return new Answer.Missing(found.where() + " has no " + e.getMessage());
      }
    }
    return new Answer.Missing(((NativeLibrary.Missing) library).reason());
  }

  private static CublasLtCalls bind(SymbolLookup symbols) {
    MemoryLayout p = JAVA_LONG;
    return new CublasLtCalls(
        bind(symbols, "cublasLtCreate", p),
        bind(symbols, "cublasLtDestroy", p),
        bind(symbols, "cublasLtMatmulDescCreate", p, JAVA_INT, JAVA_INT),
        bind(symbols, "cublasLtMatmulDescDestroy", p),
        bind(symbols, "cublasLtMatmulDescSetAttribute", p, JAVA_INT, p, JAVA_LONG),
        bind(symbols, "cublasLtMatrixLayoutCreate", p, JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG),
        bind(symbols, "cublasLtMatrixLayoutDestroy", p),
        bind(symbols, "cublasLtMatmulPreferenceCreate", p),
        bind(symbols, "cublasLtMatmulPreferenceDestroy", p),
        bind(symbols, "cublasLtMatmulPreferenceSetAttribute", p, JAVA_INT, p, JAVA_LONG),
        bind(symbols, "cublasLtMatmulAlgoGetHeuristic", p, p, p, p, p, p, p, JAVA_INT, p, p),
        bind(symbols, "cublasLtMatmul", p, p, p, p, p, p, p, p, p, p, p, p, p, p, JAVA_LONG, p));
  }

  private static MethodHandle bind(SymbolLookup symbols, String name, MemoryLayout... arguments) {
    MemorySegment function =
        symbols.find(name).orElseThrow(() -> new IllegalArgumentException(name));
    return Linker.nativeLinker()
        .downcallHandle(function, FunctionDescriptor.of(JAVA_INT, arguments));
  }
}
