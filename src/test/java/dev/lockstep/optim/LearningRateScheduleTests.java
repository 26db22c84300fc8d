package dev.lockstep.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lockstep.data.SafetensorsReader;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LearningRateScheduleTests {
  @ParameterizedTest
  @CsvSource({
    "cosine_W10_T100_tp1_over_W_end_at_T, 3e-4, 10, 100, COSINE, REACHES_PEAK, AFTER_LAST_STEP",
    "cosine_W10_T100_t_over_W_end_at_T, 3e-4, 10, 100, COSINE, STARTS_AT_ZERO, AFTER_LAST_STEP",
    "linear_W10_T100_tp1_over_W_end_at_T, 3e-4, 10, 100, LINEAR, REACHES_PEAK, AFTER_LAST_STEP",
    "linear_W10_T100_t_over_W_end_at_T, 3e-4, 10, 100, LINEAR, STARTS_AT_ZERO, AFTER_LAST_STEP",
    "constant_W10_T100_tp1_over_W_end_at_T,3e-4,10,100,CONSTANT,REACHES_PEAK,AFTER_LAST_STEP",
    "constant_W10_T100_t_over_W_end_at_T,3e-4,10,100,CONSTANT,STARTS_AT_ZERO,AFTER_LAST_STEP",
    "cosine_W7_T100_tp1_over_W_end_at_last_step,1e-3,7,100,COSINE,REACHES_PEAK,AT_LAST_STEP",
    "cosine_W0_T100_tp1_over_W_end_at_T, 1e-3, 0, 100, COSINE, REACHES_PEAK, AFTER_LAST_STEP",
    "cosine_W20_T80_tp1_over_Wp1_end_at_T,1e-3,20,80,COSINE,STAYS_BETWEEN,AFTER_LAST_STEP",
    "cosine_W10_T100_tp1_over_W_end_at_T_torch,6e-4,10,100,COSINE,REACHES_PEAK,AFTER_LAST_STEP",
  })
  void agreesWithPyTorch(
      String golden,
      double peak,
      int warmupSteps,
      int steps,
      LearningRateSchedule.Decay decay,
      LearningRateSchedule.Warmup warmup,
      LearningRateSchedule.End end)
      throws IOException {
    LearningRateSchedule schedule =
        new LearningRateSchedule(peak, warmupSteps, steps, 0.1, decay, warmup, end);
    Path file = Path.of("src/test/resources/goldens", "lr_schedule_" + golden + ".safetensors");
    try (SafetensorsReader reader = SafetensorsReader.open(file)) {
      double[] expected = reader.doubles("out.lr");
      for (int t = 0; t < expected.length; t++) {
        assertThat(schedule.at(t)).as("step %d", t).isCloseTo(expected[t], within(1e-15));
      }
    }
  }

  @Test
  void aRunAllWarmupNeverLeavesIt() {
    LearningRateSchedule schedule = LearningRateSchedule.cosine(1, 10, 5, 0.1);
    assertThat(schedule.at(4)).isEqualTo(0.5);
    assertThat(schedule.at(10)).isEqualTo(0.1);
  }

  @Test
  void refusesWhatIsNoSchedule() {
    assertThatThrownBy(() -> LearningRateSchedule.cosine(Double.NaN, 0, 1, 0.1))
        .hasMessageContaining("learning rate NaN");
    assertThatThrownBy(() -> LearningRateSchedule.cosine(1, -1, 1, 0.1))
        .hasMessageContaining("warm-up steps -1");
    assertThatThrownBy(() -> LearningRateSchedule.cosine(1, 0, 0, 0.1))
        .hasMessageContaining("steps 0");
    assertThatThrownBy(() -> LearningRateSchedule.cosine(1, 0, 1, 1.5))
        .hasMessageContaining("fraction 1.5");
  }
}
