package dev.lockstep.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What nvcc writes in two folders becomes the same text, without what nobody needs. */
class NormalisePtxTests {
  @TempDir static Path classes;
  private static KernelTool tool;

  @TempDir Path root;

  @BeforeAll
  static void compile() {
    tool = KernelTool.compile("NormalisePtx", classes);
  }

  @Test
  void theFolderLeavesNoTrace() throws Exception {
    String first = normaliseIn("here/kernels", "0a1b2c3d");
    String second = normaliseIn("there/deeper/kernels", "ffffffff");
    assertThat(first).isEqualTo(second).doesNotContain("here", "0a1b2c3d");
  }

  @Test
  void pathsSayWhoseFileItIs() throws Exception {
    assertThat(normaliseIn("here/kernels", "0a1b2c3d"))
        .contains(
            "\t.file\t1 \"kernels/rmsnorm.cu\"\n",
            "\t.file\t2 \"kernels/include/lanes.cuh\"\n",
            "\t.file\t4 \"bench/kernels/irregular.cu\"\n",
            "\t.file\t5 \"src/test/print.cu\"\n",
            "\t.file\t3 \"cuda/cuda_bf16.hpp\"\n");
  }

  @Test
  void namesLoseTheirHashAndThoseOfInlinedFunctionsTheirArguments() throws Exception {
    String name = "_ZN30_INTERNAL_00000000_7_cast_cu_k9some_nameEf";
    assertThat(normaliseIn("here/kernels", "0a1b2c3d"))
        .contains(".shared .align 4 .b8 " + name + "[128];\n")
        .contains("$n0:\n" + bytes("some_name"));
  }

  /** One of each kind that goes: comments, blank lines, what is said twice or of no instruction. */
  @Test
  void whatSaysNothingNewIsLeftOut() throws Exception {
    String at = ", function_name $L__info_string0, inlined_at ";
    String also = ", function_name $L__info_string1, inlined_at ";
    assertThat(
            normalise(
                "// by a compiler",
                "",
                ".version 7.0",
                "\t// .globl\tk",
                "{",
                "\t.loc\t1 5 0",
                "\tmov.u32 \t%r1, 1;",
                "\t.loc\t1 6 3",
                "\t.loc\t2 7 3" + at + "1 6 3",
                "\t.loc\t3 8 3" + also + "2 7 3",
                "\t// begin inline asm",
                "\tmov.u32 \t%r2, 2;",
                "\t// end inline asm",
                "\t.loc\t2 7 3" + at + "1 6 3",
                "\t.loc\t3 8 3" + also + "2 7 3",
                "\tmov.u32 \t%r3, 3;",
                "",
                "\t.loc\t1 9 3",
                "\t.loc\t2 7 3" + at + "1 9 3",
                "\t.loc\t3 8 3" + also + "2 7 3",
                "\tmov.u32 \t%r4, 4;",
                "}",
                "\t.loc\t3 8 3",
                "\tmov.u32 \t%r1, 5;",
                "\t.section\t.debug_str",
                "\t{",
                "$L__info_string0:",
                bytes("_ZN8lockstep5outerI6__halfEEvPT_"),
                "$L__info_string1:",
                bytes("_ZNK8lockstep5Thing6memberEi"),
                "\t}"))
        .isEqualTo(
            String.join(
                "\n",
                "// by a compiler",
                "",
                ".version 7.0",
                "{",
                "\t.loc\t1 5 0",
                "\tmov.u32 \t%r1, 1;",
                "\t.loc\t1 6 3",
                "\t.loc\t2 7 3, function_name $n0, inlined_at 1 6 3",
                "\t.loc\t3 8 3, function_name $n1, inlined_at 2 7 3",
                "\tmov.u32 \t%r2, 2;",
                "\tmov.u32 \t%r3, 3;",
                "\t.loc\t1 9 3",
                "\t.loc\t2 7 3, function_name $n0, inlined_at 1 9 3",
                "\t.loc\t3 8 3, function_name $n1, inlined_at 2 7 3",
                "\tmov.u32 \t%r4, 4;",
                "}",
                "\t.loc\t3 8 3",
                "\tmov.u32 \t%r1, 5;",
                "\t.section\t.debug_str",
                "\t{",
                "$n0:",
                bytes("lockstep::outer"),
                "$n1:",
                bytes("lockstep::Thing::member"),
                "\t}",
                ""));
  }

  /**
   * Kinds count for themselves; special registers and those of inner scopes keep their names. What
   * ends at the start of a line may be inlined assembly.
   */
  @Test
  void registersAreNumberedInEachKernelAsTheyAppear() throws Exception {
    assertThat(
            normalise(
                "{",
                "\t.reg .pred \t%p<3>;",
                "\t.reg .b32 \t%r<900>;",
                "\t.reg .f32 \t%f<8000>;",
                "\tmov.u32 \t%r812, %tid.x;",
                "\tmov.u32 \t%r9, %envreg3;",
                "\t{ .reg .b16 low, high; mov.b32 {low,high}, %r812;",
                "}",
                "\tld.global.v2.f32 \t{%f7001, %f70}, [%r9+812];",
                "\t@%p2 add.f32 \t%f70, %f7001, %f70;",
                "}",
                "{",
                "\t.reg .b32 \t%r<60>;",
                "\tmov.u32 \t%r9, %r55;",
                "}"))
        .isEqualTo(
            String.join(
                "\n",
                "{",
                "\t.reg .pred \t%p<1>;",
                "\t.reg .b32 \t%r<2>;",
                "\t.reg .f32 \t%f<2>;",
                "\tmov.u32 \t%r0, %tid.x;",
                "\tmov.u32 \t%r1, %envreg3;",
                "\t{ .reg .b16 low, high; mov.b32 {low,high}, %r0;",
                "}",
                "\tld.global.v2.f32 \t{%f0, %f1}, [%r1+812];",
                "\t@%p0 add.f32 \t%f1, %f0, %f1;",
                "}",
                "{",
                "\t.reg .b32 \t%r<2>;",
                "\tmov.u32 \t%r0, %r1;",
                "}",
                ""));
  }

  @Test
  void aPathOfNeitherIsRefused() throws Exception {
    Path folder = Files.createDirectories(root.resolve("kernels"));
    Files.writeString(folder.resolve("in.ptx"), "\t.file\t1 \"/somewhere/else.h\"\n");
    KernelTool.Result result = tool.run(folder, "in.ptx", "out.ptx");
    assertThat(result.exit()).isEqualTo(1);
    assertThat(result.err()).contains("neither a project nor a toolkit header: /somewhere/else.h");
  }

  private String normaliseIn(String folderName, String hash)
      throws IOException, InterruptedException {
    Path folder = Files.createDirectories(root.resolve(folderName));
    String name = "_ZN30_INTERNAL_" + hash + "_7_cast_cu_k9some_nameEf";
    String ptx =
        String.join(
            "\n",
            "\t.loc\t2 6 49, function_name $L__info_string0, inlined_at 1 3 2",
            "\t.shared .align 4 .b8 " + name + "[128];",
            "\t.file\t1 \"" + folder + "/rmsnorm.cu\"",
            "\t.file\t2 \"" + folder + "/include/lanes.cuh\"",
            "\t.file\t4 \"" + folder.resolveSibling("bench/kernels/irregular.cu") + "\"",
            "\t.file\t5 \"" + folder.resolve("../src/test/print.cu") + "\"",
            "\t.file\t3 \"/opt/cuda/bin/../targets/x/include/cuda_bf16.hpp\", 1700000000, 99",
            "\t.section\t.debug_str",
            "\t{",
            "$L__info_string0:",
            bytes(name),
            "\t}",
            "");
    return normalise(folder, ptx);
  }

  private String normalise(String... lines) throws IOException, InterruptedException {
    return normalise(Files.createDirectories(root.resolve("k")), String.join("\n", lines) + "\n");
  }

  private static String normalise(Path folder, String ptx)
      throws IOException, InterruptedException {
    Files.writeString(folder.resolve("in.ptx"), ptx);
    KernelTool.Result result = tool.run(folder, "in.ptx", "out.ptx");
    assertThat(result).isEqualTo(new KernelTool.Result(0, "", ""));
    return Files.readString(folder.resolve("out.ptx"));
  }

  /** A name as a line of the debug section: its characters as numbers, then 0. */
  private static String bytes(String name) {
    String text =
        name.chars().mapToObj(Integer::toString).collect(Collectors.joining(",", ".b8 ", ",0"));
    // Lines hold forty bytes.
    StringBuilder lines = new StringBuilder();
    String[] values = text.substring(".b8 ".length()).split(",");
    for (int i = 0; i < values.length; i++) {
      lines.append(i % 40 != 0 ? "," : i == 0 ? ".b8 " : "\n.b8 ").append(values[i]);
    }
    assertThat(new String(name.getBytes(StandardCharsets.US_ASCII), StandardCharsets.US_ASCII))
        .isEqualTo(name);
    return lines.toString();
  }
}
