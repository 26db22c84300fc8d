package dev.lockstep.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BenchCompareCommandTests {
  @TempDir private Path folder;

  @Test
  void exitsWith1WhereSomethingGotSlower() throws IOException {
    Run run = Run.lockstep("bench", "compare", step("a", 0.070), step("b", 0.080));
    assertThat(run.code()).isEqualTo(Lockstep.FAILED);
    assertThat(run.out())
        .contains("a training step  0.07000 s  0.08000 s  1.143  worse")
        .endsWith("1 worse, 0 better, 0 the same, 0 only before, 0 only after\n");
  }

  @Test
  void listsWhatStayedTheSameOnDemand() throws IOException {
    String[] files = {step("a", 0.070), step("b", 0.080)};
    Run run = Run.lockstep("bench", "compare", files[0], files[1], "--noise", "20");
    assertThat(run.code()).isZero();
    assertThat(run.out()).isEqualTo("0 worse, 0 better, 1 the same, 0 only before, 0 only after\n");
    assertThat(Run.lockstep("bench", "compare", files[0], files[1], "--noise", "20", "--all").out())
        .contains("a training step  0.07000 s  0.08000 s  1.143");
  }

  @Test
  void saysWhatItNeeds() throws IOException {
    assertThat(Run.lockstep("bench", "compare", step("a", 1)).err())
        .contains("compare takes two files of results, not 1:");
    assertThat(Run.lockstep("bench", "compare", step("a", 1), step("b", 1), "--noise", "-1").err())
        .contains("--noise -1.0 must be at least 0 and below 100");
    assertThat(Run.lockstep("bench", "compare", step("a", 1), "none.json").err())
        .contains("there is no none.json");
  }

  private String step(String name, double seconds) throws IOException {
    return Files.writeString(folder.resolve(name), "{\"secondsPerStep\":" + seconds + "}")
        .toString();
  }
}
