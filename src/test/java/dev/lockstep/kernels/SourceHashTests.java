package dev.lockstep.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.kernels.KernelTool.Result;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The build refuses PTX that was not made from the sources beside it, and says which. */
class SourceHashTests {
  @TempDir static Path classes;
  private static KernelTool tool;

  @TempDir Path root;
  private Path kernels;

  @BeforeAll
  static void compile() {
    tool = KernelTool.compile("SourceHash", classes);
  }

  @BeforeEach
  void copy() throws IOException {
    kernels = KernelTool.copyKernels(root);
    KernelTool.copyPrograms(root);
  }

  @Test
  void acceptsWhatIsCommitted() throws Exception {
    assertThat(tool.run(root, "verify")).isEqualTo(new Result(0, "", ""));
  }

  @Test
  void acceptsSourcesCheckedOutWithOtherLineEndings() throws Exception {
    try (Stream<Path> files = Files.walk(root)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Files.writeString(file, Files.readString(file).replace("\n", "\r\n"));
      }
    }
    assertThat(tool.run(root, "verify")).isEqualTo(new Result(0, "", ""));
  }

  @Test
  void namesTheImageWhoseSourceChanged() throws Exception {
    edit("rmsnorm.cu", "eps", "epsilon");
    assertRefused(
        "kernels/ptx/rmsnorm.ptx does not match kernels/rmsnorm.cu, its headers and"
            + " kernels/nvcc.flags: run make -C kernels\n");
  }

  @Test
  void namesEveryImageThatIncludesAChangedHeaderInOneLine() throws Exception {
    edit("include/step_state.cuh", "int goodSteps;", "int steadySteps;");
    Result result = tool.run(root, "verify");
    assertThat(result.exit()).isEqualTo(1);
    assertThat(result.err().lines()).hasSize(1);
    assertThat(result.err())
        .contains("kernels/optimizer.cu", "kernels/global_norm.cu")
        .doesNotContain("rmsnorm")
        .endsWith(": run make -C kernels\n");
  }

  @Test
  void refusesOtherFlags() throws Exception {
    edit("nvcc.flags", "-lineinfo", "");
    assertThat(tool.run(root, "verify").exit()).isEqualTo(1);
  }

  @Test
  void refusesPtxEditedByHand() throws Exception {
    edit("ptx/cast.ptx", ".target sm_80", ".target sm_90");
    assertRefused("kernels/ptx/cast.ptx is not the text that was generated: run make -C kernels\n");
  }

  @Test
  void refusesASourceWithoutPtx() throws Exception {
    Files.writeString(kernels.resolve("new_kernel.cu"), "// nothing yet\n");
    assertRefused("kernels/new_kernel.cu has no PTX: run make -C kernels\n");
  }

  @Test
  void refusesPtxWithoutASource() throws Exception {
    Files.delete(kernels.resolve("cast.cu"));
    assertRefused("kernels/ptx/cast.ptx has no kernels/cast.cu: run make -C kernels\n");
  }

  @Test
  void namesEveryPtxOfAProgramWhoseSourceChanged() throws Exception {
    edit("../src/test/resources/sanitizer/values.cu", "make_part", "make_some");
    String reason =
        " does not match src/test/resources/sanitizer/values.cu, its headers and its flags in"
            + " kernels/programs.txt";
    assertRefused(
        "src/test/resources/sanitizer/values.ptx"
            + reason
            + "; src/test/resources/sanitizer/values.O0.ptx"
            + reason
            + ": run make -C kernels\n");
  }

  @Test
  void refusesOtherFlagsOfAProgram() throws Exception {
    edit("programs.txt", "irregular.cu -arch=compute_80", "irregular.cu -arch=compute_90");
    assertRefused(
        "bench/kernels/irregular.ptx does not match bench/kernels/irregular.cu, its headers and its"
            + " flags in kernels/programs.txt: run make -C kernels\n");
  }

  @Test
  void refusesPtxOfAProgramEditedByHand() throws Exception {
    edit("../src/test/resources/math/functions.ptx", ".target sm_80", ".target sm_90");
    assertRefused(
        "src/test/resources/math/functions.ptx is not the text that was generated: run make -C"
            + " kernels\n");
  }

  @Test
  void refusesPtxBesideASourceThatIsNotListed() throws Exception {
    Path folder = root.resolve("src/test/resources/ptx-programs");
    Files.copy(folder.resolve("print.cu"), folder.resolve("spell.cu"));
    Files.copy(folder.resolve("print.ptx"), folder.resolve("spell.O0.ptx"));
    assertRefused(
        "src/test/resources/ptx-programs/spell.O0.ptx is not listed in kernels/programs.txt: run"
            + " make -C kernels\n");
  }

  @Test
  void refusesAProgramWithoutItsSourceOrItsPtx() throws Exception {
    Files.delete(root.resolve("bench/kernels/four_kernels.cu"));
    Files.delete(root.resolve("bench/kernels/irregular.ptx"));
    assertRefused(
        "bench/kernels/four_kernels.ptx has no bench/kernels/four_kernels.cu;"
            + " bench/kernels/irregular.ptx is missing: run make -C kernels\n");
  }

  @Test
  void takesEmptyLinesBetweenProgramsAndNamesOneWithoutFlags() throws Exception {
    edit("programs.txt", "bench/kernels/irregular.ptx", "\nbench/kernels/irregular.ptx");
    assertThat(tool.run(root, "verify").exit()).isZero();
    edit("programs.txt", "irregular.cu -arch=compute_80 -lineinfo", "irregular.cu");
    assertRefused(
        "kernels/programs.txt: no PTX, source and flags: bench/kernels/irregular.ptx"
            + " bench/kernels/irregular.cu\n");
  }

  @Test
  void packagesOnlyFatBinariesMadeFromTheCommittedPtx() throws Exception {
    Path built = Files.createDirectories(kernels.resolve("build/fatbin"));
    Path packaged = Files.createDirectories(root.resolve("classes/dev/lockstep/kernels"));
    Files.writeString(built.resolve("cast.fatbin"), "current");
    Files.copy(kernels.resolve("ptx/cast.ptx"), built.resolve("cast.ptx"));
    Files.writeString(built.resolve("rmsnorm.fatbin"), "stale");
    Files.writeString(built.resolve("rmsnorm.ptx"), "older PTX");
    Files.writeString(packaged.resolve("rmsnorm.fatbin"), "packaged by an earlier build");

    Result result = tool.run(root, "verify", "classes");

    assertThat(result.exit()).isZero();
    assertThat(result.out()).contains("left out", "rmsnorm.fatbin", "make -C kernels");
    assertThat(packaged.resolve("cast.fatbin")).hasContent("current");
    assertThat(packaged.resolve("rmsnorm.fatbin")).doesNotExist();
  }

  private void edit(String file, String from, String to) throws IOException {
    Path path = kernels.resolve(file);
    String text = Files.readString(path);
    assertThat(text).contains(from);
    Files.writeString(path, text.replace(from, to));
  }

  private void assertRefused(String line) throws IOException, InterruptedException {
    assertThat(tool.run(root, "verify")).isEqualTo(new Result(1, "", line));
  }
}
