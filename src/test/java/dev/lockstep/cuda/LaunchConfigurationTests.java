package dev.lockstep.cuda;

import static java.lang.foreign.MemoryLayout.PathElement.groupElement;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lockstep.device.Dim3;
import dev.lockstep.device.Launch;
import dev.lockstep.device.TensorMap;
import dev.lockstep.device.TensorMaps;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The structures of {@code cuLaunchKernelEx}, by numbers and by the compiler's own. */
class LaunchConfigurationTests {
  private static final List<String> FIELDS =
      List.of(
          "gridDimX",
          "gridDimY",
          "gridDimZ",
          "blockDimX",
          "blockDimY",
          "blockDimZ",
          "sharedMemBytes",
          "hStream",
          "attrs",
          "numAttrs");

  @TempDir private Path folder;

  @Test
  void everyFieldIsFilled() {
    try (Arena arena = Arena.ofConfined()) {
      Launch launch = new Launch(new Dim3(4, 6, 8), new Dim3(5, 7, 9), 11);
      MemorySegment c =
          MemorySegment.ofAddress(
                  new LaunchConfiguration(arena).of(launch, new Dim3(2, 3, 1), 0x1234_5678_9abcL))
              .reinterpret(56);
      assertThat(c.asSlice(0, 28).toArray(ValueLayout.JAVA_INT))
          .containsExactly(4, 6, 8, 5, 7, 9, 11);
      assertThat(c.get(ValueLayout.JAVA_LONG, 32)).isEqualTo(0x1234_5678_9abcL);
      assertThat(c.get(ValueLayout.JAVA_INT, 48)).isOne();
      MemorySegment attribute =
          MemorySegment.ofAddress(c.get(ValueLayout.JAVA_LONG, 40)).reinterpret(72);
      assertThat(attribute.asSlice(0, 20).toArray(ValueLayout.JAVA_INT))
          .containsExactly(4, 0, 2, 3, 1);
    }
  }

  /** What the toolkit's header says, where there is one. */
  @Test
  void theLayoutsAreThoseOfTheHeader() throws IOException, InterruptedException {
    Path header =
        Stream.of(System.getenv().getOrDefault("CUDA_HOME", "/usr/local/cuda"), "/usr/local/cuda")
            .map(home -> Path.of(home, "include", "cuda.h"))
            .filter(Files::isRegularFile)
            .findFirst()
            .orElse(null);
    assumeTrue(header != null, "there is no cuda.h");
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/gcc")), "there is no gcc");
    StringBuilder program =
        new StringBuilder("#include <cuda.h>\n#include <stddef.h>\n#include <stdio.h>\n");
    program.append("#define SHOW(x) printf(\"%zu\\n\", (size_t)(x));\nint main(void) {\n");
    FIELDS.forEach(it -> program.append("SHOW(offsetof(CUlaunchConfig, " + it + "))\n"));
    program.append("SHOW(sizeof(CUlaunchConfig)) SHOW(offsetof(CUlaunchAttribute, id))\n");
    for (String coordinate : List.of("x", "y", "z")) {
      program.append("SHOW(offsetof(CUlaunchAttribute, value.clusterDim." + coordinate + "))\n");
    }
    program.append("SHOW(sizeof(CUlaunchAttribute)) SHOW(CU_LAUNCH_ATTRIBUTE_CLUSTER_DIMENSION)\n");
    program.append("SHOW(sizeof(CUtensorMap)) SHOW(CU_TENSOR_MAP_DATA_TYPE_BFLOAT16)\n");
    program.append("SHOW(CU_TENSOR_MAP_SWIZZLE_128B) return 0; }\n");
    Path source = Files.writeString(folder.resolve("layout.c"), program);
    Path binary = folder.resolve("layout");
    output("gcc", "-I" + header.getParent(), source.toString(), "-o", binary.toString());

    StructLayout attribute = LaunchConfiguration.ATTRIBUTE;
    List<Long> ours =
        Stream.of(
                FIELDS.stream()
                    .map(it -> LaunchConfiguration.CONFIGURATION.byteOffset(groupElement(it))),
                Stream.of(
                    LaunchConfiguration.CONFIGURATION.byteSize(),
                    attribute.byteOffset(groupElement("id"))),
                Stream.of("x", "y", "z")
                    .map(it -> attribute.byteOffset(groupElement("value"), groupElement(it))),
                Stream.of(
                    attribute.byteSize(),
                    (long) LaunchConfiguration.CLUSTER_DIMENSION,
                    (long) TensorMaps.BYTES,
                    (long) TensorMap.Element.BFLOAT16.ordinal(),
                    (long) TensorMap.Swizzle.WITHIN_128.ordinal()))
            .flatMap(it -> it)
            .toList();
    assertThat(output(binary.toString()).lines().map(Long::valueOf)).isEqualTo(ours);
  }

  private static String output(String... command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(text).isZero();
    return text;
  }
}
