package dev.lockstep.train.health;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Each bound, on either side of it. */
class HealthJudgeTests {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "-",
      value = {
        // rows | share | warning
        "256 | 0.25 | -",
        "256 | 0.26 | block 3: 26 % of units dead (0 in all 256 rows)",
        "32 | 1 | block 3: 100 % of units dead (0 in all 32 rows)",
        "31 | 1 | -",
      })
  void deadUnits(long rows, double share, @Nullable String text) {
    TensorHealth hidden =
        new TensorHealth(
            "blocks.3.hidden", 10, 0, 0, 1, OptionalDouble.of(share), OptionalDouble.empty());
    said(step(rows, 1, List.of(hidden), List.of()), text);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "-",
      value = {
        // share | warning
        "0.25 | -",
        "0.4 | block 0: 40 % of activations saturated",
      })
  void saturation(double share, @Nullable String text) {
    TensorHealth hidden =
        new TensorHealth(
            "blocks.0.hidden", 10, 0, 0, 1, OptionalDouble.of(0), OptionalDouble.of(share));
    said(step(8, 1, List.of(hidden), List.of()), text);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "-",
      value = {
        // norms of the blocks' gradients | warning
        "0.04 0.2 1 | gradient norm falls ×0.20 per layer from block 2 (1.0e+00) down to block 0"
            + " (4.0e-02)",
        "25 5 1 | gradient norm grows ×5.0 per layer from block 2 (1.0e+00) down to block 0"
            + " (2.5e+01)",
        // Two blocks differ once; a fall to less than half each is judged by a tenth over all.
        "0.04 1 | -",
        "0.2 0.4 1 | -",
        "0.11 0.3 1 | -",
        "0.09 0.3 1 | gradient norm falls ×0.30 per layer from block 2 (1.0e+00) down to block 0"
            + " (9.0e-02)",
        // Less than a tenth over all, but more than half from one to the next.
        "0.09 0.2 0.3 0.5 0.7 1 | -",
        "0 0 0 | -",
        "NaN 0.2 1 | -",
        "0 0.2 1 | gradient norm falls ×0.0 per layer from block 2 (1.0e+00) down to block 0"
            + " (0.0e+00)",
      })
  void gradientsFromBlockToBlock(String norms, @Nullable String text) {
    List<ParameterHealth> parameters = new ArrayList<>();
    parameters.add(parameter("emb.weight", 1e9, 0, 0));
    String[] each = norms.split(" ");
    for (int block = 0; block < each.length; block++) {
      double norm = Double.parseDouble(each[block]);
      parameters.add(
          parameter("blocks.%d.up.weight".formatted(block), norm, Double.isNaN(norm) ? 1 : 0, 0));
    }
    said(step(256, 2, List.of(), parameters), text); // scaled, so that NaN itself says nothing
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "-",
      value = {
        // update | warning
        "0.1 | -",
        "0.34 | head: one step changes 34 % of head.weight",
        "NaN | -",
      })
  void updates(double update, @Nullable String text) {
    ParameterHealth less = parameter("head.bias", 1, 0, 0.05);
    said(step(256, 1, List.of(), List.of(less, parameter("head.weight", 1, 0, update))), text);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "-",
      value = {
        // loss scale, values of an activation and of a gradient that are not finite | warning
        "1, 2, 1 | activation in (first of 2): 2 of 16 values are not finite",
        "1, 0, 1 | gradient of head.weight: 1 of 16 values are not finite",
        "4, 0, 1 | -",
        "4, 2, 1 | activation in (first of 2): 2 of 16 values are not finite",
      })
  void whatIsNotFinite(String values, @Nullable String text) {
    String[] each = values.split(", ");
    TensorHealth in = TensorHealth.of("in", 16, Long.parseLong(each[1]), 0, 1);
    ParameterHealth head = parameter("head.weight", 1, Long.parseLong(each[2]), 0);
    said(step(256, Double.parseDouble(each[0]), List.of(in), List.of(head)), text);
  }

  @Test
  void eachIsSaidOnceForAPlace() {
    HealthJudge judge = new HealthJudge();
    StepHealth one = step(256, 1, List.of(), List.of(parameter("a.weight", 1, 0, 1)));
    StepHealth both =
        step(
            256,
            1,
            List.of(),
            List.of(parameter("a.weight", 1, 0, 1), parameter("b.weight", 1, 0, 1)));
    assertThat(judge.judge(one).warnings()).hasSize(1);
    assertThat(judge.judge(one).warnings()).isEmpty();
    assertThat(judge.judge(both).warnings()).extracting(HealthWarning::place).containsExactly("b");
  }

  private static void said(StepHealth step, @Nullable String text) {
    assertThat(HealthJudge.all(step))
        .extracting(HealthWarning::text)
        .isEqualTo(text == null ? List.of() : List.of(text));
  }

  private static ParameterHealth parameter(
      String name, double norm, long nonFinite, double update) {
    return new ParameterHealth(
        name,
        TensorHealth.of(name, 16, nonFinite, 0, norm / 4),
        TensorHealth.of(name, 16, 0, 0, 1),
        OptionalDouble.of(update));
  }

  private static StepHealth step(
      long rows,
      double lossScale,
      List<TensorHealth> activations,
      List<ParameterHealth> parameters) {
    return new StepHealth(1, rows, lossScale, activations, parameters, List.of(), List.of());
  }
}
