package dev.lockstep.check;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The reference against PyTorch in float64. Both round to 2⁻⁵³ ≈ 1e-16; sums of up to 50,257 terms,
 * a mean of 1e4 taken off numbers of deviation 1 (row kind "offset", which costs four digits), and
 * a division by √eps leave ten digits beyond doubt.
 */
class ReferenceGoldensTests {
  private static final double RELATIVE = 1e-10;

  /** For goldens that are zero but for rounding. */
  private static final double ABSOLUTE = 1e-12;

  private static final GoldenSet GOLDENS = Goldens.open();

  static Stream<GoldenSet.Case> cases() {
    return GOLDENS.cases().stream().filter(golden -> OpChecks.named(golden.op()).isPresent());
  }

  @ParameterizedTest
  @MethodSource("cases")
  void agreesWithPyTorch(GoldenSet.Case golden) throws IOException {
    GoldenSet.Golden read = GOLDENS.read(golden);
    OpCheck check = OpChecks.named(golden.op()).orElseThrow();
    Answers got = check.reference(read.problem());
    Set<String> notComputed = check.notComputed();
    assertThat(notComputed.containsAll(read.answers().tensors().keySet())).isFalse();
    for (Map.Entry<String, double[]> expected : read.answers().tensors().entrySet()) {
      String tensor = expected.getKey();
      if (notComputed.contains(tensor)) {
        continue;
      }
      double tolerance = RELATIVE * HostArray.maxAbs(expected.getValue()) + ABSOLUTE;
      Comparison comparison =
          Comparison.of(tensor, expected.getValue(), got.get(tensor), tolerance);
      assertThat(comparison.mismatch()).as(tensor).isEmpty();
    }
  }

  @Test
  void noOpIsForgotten() {
    assertThat(cases().map(GoldenSet.Case::op).distinct())
        .contains(
            "linear",
            "activation",
            "glu",
            "gated_ffn",
            "softmax",
            "cross_entropy",
            "mse",
            "bce_with_logits",
            "embedding",
            "layernorm",
            "rmsnorm",
            "clip_grad_norm",
            "clip_grad_value",
            "optimizer",
            "ffn_net",
            "char_lm_training");
  }
}
