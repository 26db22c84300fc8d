package dev.lockstep.cuda;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Libraries of the toolkit that are missing, broken, or of another version. */
class NativeLibraryTests {
  /** No machine has it, so that what is tested does not depend on the machine. */
  private static final String NAME = "liblockstep-test.so.12";

  @TempDir private Path folder;

  private String reason() {
    return NativeLibrary.find(List.of(folder), NAME) instanceof NativeLibrary.Missing missing
        ? missing.reason()
        : "it was found";
  }

  @Test
  void missing() {
    assertThat(reason()).isEqualTo(NAME + " was not found");
  }

  @Test
  void garbageUnderItsName() throws IOException {
    Path file = Files.writeString(folder.resolve(NAME), "garbage");
    assertThat(reason()).isEqualTo(NAME + " does not load: " + file + " is no shared library");
  }

  @Test
  void ofAnotherCuda() throws IOException {
    Files.writeString(folder.resolve("liblockstep-test.so.13"), "");
    assertThat(reason())
        .isEqualTo(
            NAME
                + " was not found; liblockstep-test.so.13 is there, but JCuda was built for CUDA"
                + " 12");
  }

  @Test
  void ofAnotherCudaOnWindows() throws IOException {
    Files.writeString(folder.resolve("lockstep-test64_13.dll"), "");
    assertThat(NativeLibrary.find(List.of(folder), "lockstep-test64_12.dll"))
        .isEqualTo(
            new NativeLibrary.Missing(
                "lockstep-test64_12.dll was not found; lockstep-test64_13.dll is there, but JCuda"
                    + " was built for CUDA 12"));
  }

  @Test
  void foldersAreThoseOfTheEnvironment() {
    assertThat(
            NativeLibrary.toolkits(
                Map.of("LOCKSTEP_CUDA_LIBRARIES", "/a", "CUDA_HOME", "/b", "XDG_CACHE_HOME", "/c"),
                Path.of("/home")))
        .startsWith(
            Path.of("/a"), Path.of("/c/lockstep/cuda-12"), Path.of("/b/lib64"), Path.of("/b/bin"));
    assertThat(NativeLibrary.toolkits(Map.of(), Path.of("/home")))
        .startsWith(Path.of("/home/.cache/lockstep/cuda-12"));
  }

  @Test
  void aCublasOfAnotherVersionIsRefused() {
    assertThat(CublasSystem.probe(library(11)).availability().reason())
        .isEqualTo("/there is cuBLAS 11.11.11; JCublas2 was built for version 12");
  }

  @Test
  void whatDoesNotTellItsVersionIsNoCublas() {
    NativeLibrary other = new NativeLibrary.Found(name -> Optional.empty(), "/there");
    assertThat(CublasSystem.probe(other).availability().reason())
        .isEqualTo("/there is not cuBLAS: it does not tell its version");
  }

  @Test
  void theDriversOwnVersionIsWhatItsModuleSays() {
    assertThat(
            CudaParts.moduleVersion(
                "NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.15  Tue Mar  5 22:23:56"))
        .isEqualTo(", version 550.54.15");
    assertThat(CudaParts.moduleVersion("")).isEmpty();
  }

  /** A library whose {@code cublasGetProperty} answers with one number for all parts. */
  private static NativeLibrary library(int part) {
    try {
      MemorySegment stub =
          Linker.nativeLinker()
              .upcallStub(
                  MethodHandles.insertArguments(
                      MethodHandles.lookup()
                          .findStatic(
                              NativeLibraryTests.class,
                              "property",
                              MethodType.methodType(
                                  int.class, int.class, int.class, MemorySegment.class)),
                      0,
                      part),
                  FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS),
                  Arena.global());
      SymbolLookup symbols =
          name -> name.equals("cublasGetProperty") ? Optional.of(stub) : Optional.empty();
      return new NativeLibrary.Found(symbols, "/there");
    } catch (ReflectiveOperationException e) {
      throw new AssertionError(e);
    }
  }

  private static int property(int part, int which, MemorySegment value) {
    value.reinterpret(JAVA_INT.byteSize()).set(JAVA_INT, 0, part);
    return 0;
  }
}
