package dev.lockstep.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.cuda.standin.OnStandIn;
import dev.lockstep.cuda.standin.StandInDriver;
import dev.lockstep.profile.bench.ResultFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
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
              "cublas_bias_gelu_tanh",
              "--peak",
              "16x16x16");
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
            "--kernel",
            "apart_bias_gelu_tanh",
            "--peak",
            "32x32x32",
            "--json",
            json.toString());
    assertThat(run.code()).as(run.out() + run.err()).isZero();
    assertThat(run.out())
        .contains(
            "device   cuda",
            "TFLOP/s multiplied by the library as f32 in TF32",
            "of product",
            "cublas_tf32_bias_gelu_tanh",
            "fastest forward f32 16x16x16: ",
            " times that");
    JsonNode root = JsonMapper.shared().readTree(Files.readAllBytes(json));
    assertThat(root.get("rows")).hasSize(6);
    for (JsonNode row : root.get("rows")) {
      assertThat(row.get("seconds").asDouble()).as(row.toString()).isPositive();
      assertThat(row.get("lowerQuartileSeconds").asDouble())
          .isLessThanOrEqualTo(row.get("seconds").asDouble());
    }
    for (String peak :
        List.of("copyBytesPerSecond", "productFlopsPerSecond", "tf32FlopsPerSecond")) {
      assertThat(root.get("peaks").get(peak).asDouble()).as(peak).isPositive();
    }
    assertThat(ResultFile.read(json)).hasSize(6 * 3);
  }
}
