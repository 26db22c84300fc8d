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

/** What nvcc writes in two folders becomes the same text. */
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
    String first = normalise("here/kernels", "0a1b2c3d");
    String second = normalise("there/deeper/kernels", "ffffffff");
    assertThat(first).isEqualTo(second).doesNotContain("here", "0a1b2c3d");
  }

  @Test
  void pathsSayWhoseFileItIs() throws Exception {
    assertThat(normalise("here/kernels", "0a1b2c3d"))
        .contains(
            "\t.file\t1 \"kernels/rmsnorm.cu\"\n",
            "\t.file\t2 \"kernels/include/lanes.cuh\"\n",
            "\t.file\t3 \"cuda/cuda_bf16.hpp\"\n");
  }

  @Test
  void namesInBothSpellingsLoseTheirHash() throws Exception {
    String name = "_ZN37_INTERNAL_00000000_7_cast_cu_k9some_nameEf";
    assertThat(normalise("here/kernels", "0a1b2c3d"))
        .contains(".shared .align 4 .b8 " + name + "[128];\n")
        .contains(bytes(name));
  }

  @Test
  void aPathOfNeitherIsRefused() throws Exception {
    Path folder = Files.createDirectories(root.resolve("kernels"));
    Files.writeString(folder.resolve("in.ptx"), "\t.file\t1 \"/somewhere/else.h\"\n");
    KernelTool.Result result = tool.run(folder, "in.ptx", "out.ptx");
    assertThat(result.exit()).isEqualTo(1);
    assertThat(result.err()).contains("neither a project nor a toolkit header: /somewhere/else.h");
  }

  private String normalise(String folderName, String hash)
      throws IOException, InterruptedException {
    Path folder = Files.createDirectories(root.resolve(folderName));
    String name = "_ZN37_INTERNAL_" + hash + "_7_cast_cu_k9some_nameEf";
    String ptx =
        String.join(
            "\n",
            "\t.loc\t2 6 49, function_name $L__info_string0, inlined_at 1 3 2",
            "\t.shared .align 4 .b8 " + name + "[128];",
            "\t.file\t1 \"" + folder + "/rmsnorm.cu\"",
            "\t.file\t2 \"" + folder + "/include/lanes.cuh\"",
            "\t.file\t3 \"/opt/cuda/bin/../targets/x/include/cuda_bf16.hpp\", 1700000000, 99",
            "\t.section\t.debug_str",
            "\t{",
            "$L__info_string0:",
            bytes(name),
            "\t}",
            "");
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
