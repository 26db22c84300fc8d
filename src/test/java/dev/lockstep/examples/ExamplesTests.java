package dev.lockstep.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lockstep.train.TrainSummary;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The programs of {@code docs/library.md}: they run, and the page shows them as they are. */
class ExamplesTests {
  private static final Path KERNEL = Path.of("src/test/resources/examples/scale_add.cu");

  @TempDir private Path folder;

  @Test
  void aKernelOfOnesOwnRuns() {
    assumeTrue(isOnThePath("nvcc"), "there is no nvcc on the path");
    float[] y = OwnKernel.run("sim", KERNEL);
    assertThat(y).hasSize(1000);
    assertThat(y[3]).isEqualTo(4.5f);
    assertThat(y[999]).isEqualTo(1498.5f);
  }

  @Test
  void variablesOfOnesOwnAreSetAndRead() {
    assumeTrue(isOnThePath("nvcc"), "there is no nvcc on the path");
    assertThat(OwnVariables.run("sim", Path.of("src/test/resources/examples/hits.cu")))
        .isEqualTo(10);
  }

  @Test
  void aModelIsBuiltCheckedAndTrained() throws IOException {
    Path text =
        Files.writeString(folder.resolve("text.txt"), "the quick brown fox jumps. ".repeat(400));
    TrainSummary summary = TrainAModel.run("sim", text, folder.resolve("run"), 30);
    assertThat(summary.losses()).hasSize(30);
    assertThat(summary.validationBitsPerByte()).isLessThan(2);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "src/test/java/dev/lockstep/examples/OwnKernel.java",
        "src/test/java/dev/lockstep/examples/TrainAModel.java",
        "src/test/java/dev/lockstep/examples/OwnVariables.java",
        "src/test/resources/examples/hits.cu",
        "src/test/resources/examples/scale_add.cu"
      })
  void thePageShowsThemAsTheyAre(String file) throws IOException {
    String source = Files.readString(Path.of(file)).replaceFirst("(?s)^package.*?\n\n", "");
    assertThat(Files.readString(Path.of("docs/library.md"))).contains(source.strip());
  }

  private static boolean isOnThePath(String program) {
    return Stream.of(System.getenv("PATH").split(java.io.File.pathSeparator))
        .anyMatch(place -> Files.isExecutable(Path.of(place, program)));
  }
}
