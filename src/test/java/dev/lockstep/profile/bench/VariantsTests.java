package dev.lockstep.profile.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.device.Launch;
import dev.lockstep.numeric.DType;
import dev.lockstep.tensor.Shape;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Which cases are the same work done in different ways, and how they compare. */
class VariantsTests {
  private static List<BenchCase> cases(DType dtype) {
    return ProductSuite.of(dtype, List.of(Shape.of(64, 64, 64))).cases();
  }

  private static Set<String> ways(DType dtype, String kernel, String pass) {
    return Variants.of(cases(dtype)).stream()
        .filter(
            set ->
                set.stream()
                    .anyMatch(row -> row.kernel().equals(kernel) && row.pass().equals(pass)))
        .flatMap(set -> set.stream().map(row -> row.kernel() + "|" + row.pass()))
        .collect(Collectors.toSet());
  }

  @Test
  void everyCaseIsInOneSet() {
    List<BenchCase> cases = cases(DType.F32);
    assertThat(Variants.of(cases).stream().flatMap(List::stream))
        .containsExactlyInAnyOrderElementsOf(cases);
  }

  @Test
  void aProductInEachTileIsBesideTheLibrarys() {
    assertThat(ways(DType.BF16, "linear", "forward"))
        .containsExactlyInAnyOrder("linear|forward", "cublas|forward");
    assertThat(ways(DType.F32, "linear_tf32", "backward_weight"))
        .containsExactlyInAnyOrder("linear_tf32|backward_weight", "cublas_tf32|backward_weight");
  }

  @Test
  void aFusedLayerIsBesideThoseApartAndTheLibraries() {
    assertThat(ways(DType.BF16, "cublasLt_bias_gelu_tanh", "forward"))
        .containsExactlyInAnyOrder(
            "linear_bias_gelu_tanh|forward",
            "apart_bias_gelu_tanh|forward",
            "cublas_bias_gelu_tanh|forward",
            "cublasLt_bias_gelu_tanh|forward");
    assertThat(ways(DType.BF16, "swiglu", "training fused"))
        .containsExactlyInAnyOrder("swiglu|training fused", "swiglu|training apart");
  }

  @Test
  void theFastestIsNamedFirst() {
    List<BenchCase> layer =
        cases(DType.BF16).stream().filter(row -> row.kernel().endsWith("bias_gelu_tanh")).toList();
    assertThat(layer).hasSize(4);
    List<BenchResult> results =
        List.of(
            timed(layer.get(0), 12e-6),
            timed(layer.get(1), 15e-6),
            timed(layer.get(2), 14.4e-6),
            timed(layer.get(3), 10e-6));
    assertThat(Variants.lines(results))
        .containsExactly(
            "fastest forward bf16 64x64x64: cublasLt_bias_gelu_tanh 10.0 us; linear_bias_gelu_tanh"
                + " 1.20 times that; cublas_bias_gelu_tanh 1.44 times that; apart_bias_gelu_tanh"
                + " 1.50 times that");
    assertThat(Variants.lines(results.subList(0, 1))).as("one alone").isEmpty();
  }

  @Test
  void quartilesAreThoseOfTheRuns() {
    Timing timing = Timing.of(8, 1, 2, 3, 4, 5, 6, 7, 100);
    assertThat(timing).isEqualTo(new Timing(5, 3, 7, 9));
    assertThat(timing.spread()).isEqualTo(0.8);
  }

  private static BenchResult timed(BenchCase row, double seconds) {
    return new BenchResult(
        row,
        List.of("k"),
        "k",
        Launch.of(1, 32),
        1,
        Optional.empty(),
        Map.of(),
        0,
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.of(new Timing(seconds, seconds, seconds, 21)));
  }
}
