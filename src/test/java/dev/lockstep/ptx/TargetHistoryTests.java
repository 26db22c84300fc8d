package dev.lockstep.ptx;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TargetHistoryTests {
  @ParameterizedTest
  @CsvSource({
    "sm_35, 3.1",
    "sm_75, 6.3",
    "sm_90, 7.8",
    "sm_90a, 8.0",
    "sm_100a, 8.6",
    "sm_100f, 8.8",
    "sm_110f, 9.0",
    "sm_10, 1.0",
    "sm_999, 1.0",
  })
  void aTargetExistsSince(String target, String version) {
    assertThat(TargetHistory.first(target)).isEqualTo(version);
  }
}
