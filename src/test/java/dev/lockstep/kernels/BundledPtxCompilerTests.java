package dev.lockstep.kernels;

import static jcuda.nvptxcompiler.nvPTXCompileResult.NVPTXCOMPILE_SUCCESS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import jcuda.nvptxcompiler.JNvPTXCompiler;
import jcuda.nvptxcompiler.nvPTXCompileResult;
import jcuda.nvptxcompiler.nvPTXCompilerHandle;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The committed PTX assembles with the compiler of CUDA 12.0 that JCuda bundles. It is older than
 * the nvcc that wrote the text and knows PTX up to 8.0, so it proves that the lowered {@code
 * .version} is honest: no instruction is newer than the header says.
 */
@Order(1) // takes long
class BundledPtxCompilerTests {
  /**
   * JCuda unpacks its natives here: into a folder of this run, so that none is reused unchecked.
   */
  @TempDir static Path natives;

  private static @Nullable String absence;

  @BeforeAll
  static void load() {
    String temporary = System.getProperty("java.io.tmpdir");
    System.setProperty("java.io.tmpdir", natives.toString());
    try {
      JNvPTXCompiler.setExceptionsEnabled(false);
    } catch (LinkageError error) {
      absence = "JCuda has no PTX compiler for this machine: " + error;
    } finally {
      System.setProperty("java.io.tmpdir", temporary);
    }
  }

  @ParameterizedTest
  @MethodSource("dev.lockstep.kernels.CommittedKernels#images")
  void assemblesWhatIsCommitted(String image) {
    assertAssembles(image, "sm_80", "--opt-level=3");
  }

  /**
   * Apart from the quick tests: what a version may say is the same for each architecture, and
   * {@code make -C kernels} assembles for Hopper with today's compiler.
   *
   * <p>Not optimised: when it optimises for sm_90, this release of the compiler crashes on any
   * inlined line information at all, as nvcc writes it; a kernel of four instructions is enough.
   */
  @Tag("sweep")
  @ParameterizedTest
  @MethodSource("dev.lockstep.kernels.CommittedKernels#images")
  void assemblesForHopper(String image) {
    assertAssembles(image, "sm_90", "--opt-level=0");
  }

  private static void assertAssembles(String image, String architecture, String optimisation) {
    requireCompiler();
    String ptx = CommittedKernels.ptx(image);
    byte[] program;
    nvPTXCompilerHandle compiler = create(ptx);
    try {
      String[] options = {"--gpu-name=" + architecture, optimisation};
      int result = JNvPTXCompiler.nvPTXCompilerCompile(compiler, options.length, options);
      assertThat(result).as(errorLog(compiler)).isEqualTo(NVPTXCOMPILE_SUCCESS);
      long[] size = new long[1];
      JNvPTXCompiler.nvPTXCompilerGetCompiledProgramSize(compiler, size);
      program = new byte[Math.toIntExact(size[0])];
      JNvPTXCompiler.nvPTXCompilerGetCompiledProgram(compiler, program);
    } finally {
      JNvPTXCompiler.nvPTXCompilerDestroy(compiler);
    }
    assertThat(program).startsWith(0x7f, 'E', 'L', 'F');
    String text = new String(program, StandardCharsets.ISO_8859_1);
    assertThat(text).contains(List.copyOf(CommittedKernels.signatures(image).keySet()));
  }

  /** Else a version that says too little would pass as well. */
  @Test
  void refusesAVersionTooOldForAnInstruction() {
    requireCompiler();
    String ptx =
        CommittedKernels.ptx("global_norm").replaceFirst("\\.version \\S+", ".version 6.5");
    nvPTXCompilerHandle compiler = create(ptx);
    try {
      String[] options = {"--gpu-name=sm_80"};
      int result = JNvPTXCompiler.nvPTXCompilerCompile(compiler, options.length, options);
      assertThat(result).isNotEqualTo(NVPTXCOMPILE_SUCCESS);
    } finally {
      JNvPTXCompiler.nvPTXCompilerDestroy(compiler);
    }
  }

  private static void requireCompiler() {
    String reason = absence;
    if (reason != null) {
      abort(reason);
    }
  }

  private static nvPTXCompilerHandle create(String ptx) {
    nvPTXCompilerHandle compiler = new nvPTXCompilerHandle();
    byte[] text = (ptx + "\0").getBytes(StandardCharsets.ISO_8859_1);
    int result = JNvPTXCompiler.nvPTXCompilerCreate(compiler, text.length - 1L, text);
    assertThat(result).as(nvPTXCompileResult.stringFor(result)).isEqualTo(NVPTXCOMPILE_SUCCESS);
    return compiler;
  }

  private static String errorLog(nvPTXCompilerHandle compiler) {
    long[] size = new long[1];
    JNvPTXCompiler.nvPTXCompilerGetErrorLogSize(compiler, size);
    if (size[0] == 0) {
      return "no error log";
    }
    byte[] log = new byte[Math.toIntExact(size[0]) + 1];
    JNvPTXCompiler.nvPTXCompilerGetErrorLog(compiler, log);
    return new String(log, StandardCharsets.UTF_8);
  }
}
