package dev.lockstep.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.cuda.standin.OnStandIn;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The acceptance test of a GPU, as its user runs it. */
@OnStandIn
class CheckOnCudaTests {
  @TempDir private Path folder;

  @Test
  void thePageNamesDriverDeviceAndClocks() throws IOException {
    Path page = folder.resolve("report.md");
    Run run =
        Run.lockstep("check", "--device", "cuda", "--op", "fill", "--markdown", page.toString());
    assertThat(run.code()).as(run.out() + run.err()).isZero();
    assertThat(Files.readString(page))
        .containsPattern("# Check on .*stand-in.*: \\d+ passed, 0 failed")
        .containsPattern("driver +\\S*libcuda\\.so\\.1, for CUDA \\d+\\.\\d")
        .containsPattern("gpu 0 .*compute capability 8\\.0, up to \\d+ MHz, memory \\d+ MHz")
        .containsPattern("jcuda +12\\.6\\.0, built for CUDA 12\\.0")
        .containsPattern("fill +f32 +\\d+ +0");
  }
}
