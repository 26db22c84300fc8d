package dev.lockstep.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.cuda.standin.OnStandIn;
import dev.lockstep.cuda.standin.StandInDriver;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Timed benches: the stand-in's times say nothing, so only the form of reports is looked at. */
@OnStandIn
class BenchOnCudaTests {
  @TempDir private Path folder;

  /** cublasLt has no algorithm for it: our own rows are measured all the same. */
  @Test
  void whatALibraryCannotDoIsLeftOut() {
    StandInDriver.get().calls().fail("cublasLtMatmulAlgoGetHeuristic", 15);
    try {
      Run run =
          Run.lockstep(
              "bench",
              "matmul",
              "--device",
              "cuda",
              "--shape",
              "8x8x8",
              "--kernel",
              "cublasLt_bias_gelu_tanh",
              "--kernel",
              "cublas_bias_gelu_tanh");
      assertThat(run.code()).as(run.out() + run.err()).isZero();
      assertThat(run.out())
          .contains("left out cublasLt_bias_gelu_tanh", "1 measured", "NOT_SUPPORTED");
    } finally {
      StandInDriver.get().calls().reset();
    }
  }

  @Test
  void theLibraryIsTimedBesideOurOwnKernels() throws IOException {
    Path json = folder.resolve("matmul.json");
    Run run =
        Run.lockstep(
            "bench",
            "matmul",
            "--device",
            "cuda",
            "--dtype",
            "f32",
            "--shape",
            "16x16x16",
            "--kernel",
            "cublas_tf32_bias_gelu_tanh",
            "--kernel",
            "cublas",
            "--kernel",
            "cublasLt_bias_gelu_tanh",
            "--json",
            json.toString());
    assertThat(run.code()).as(run.out() + run.err()).isZero();
    assertThat(run.out())
        .contains(
            "device   cuda", "TFLOP/s", "cublas_tf32_bias_gelu_tanh", "cublasLt_bias_gelu_tanh");
    JsonNode rows = JsonMapper.shared().readTree(Files.readAllBytes(json)).get("rows");
    assertThat(rows).hasSize(5);
    for (JsonNode row : rows) {
      assertThat(row.get("seconds").asDouble()).as(row.toString()).isPositive();
    }
  }
}
