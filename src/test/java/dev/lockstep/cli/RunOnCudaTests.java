package dev.lockstep.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.cuda.standin.OnStandIn;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a GPU before compute capability 9.0 is asked for in vain. */
@OnStandIn
class RunOnCudaTests {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--cluster | 2 | cluster (2,1,1): clusters need compute capability 9.0",
        "--arg | tensormap:dims=8,box=4:out:f32:8 | argument 0: tensor maps need compute capability"
            + " 9.0",
      })
  void isRefusedInOneLineBeforeAnythingIsRead(String option, String value, String problem) {
    Run run =
        Run.lockstep(
            "run", "missing.cu", "--device", "cuda", "--grid", "4", "--block", "1", option, value);
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.errLines()).hasSize(1);
    assertThat(run.err()).contains(problem, "stand-in", "has 8.0");
  }
}
