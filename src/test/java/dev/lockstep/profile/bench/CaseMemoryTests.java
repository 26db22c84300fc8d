package dev.lockstep.profile.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lockstep.device.RecordingDevice;
import dev.lockstep.device.Stream;
import dev.lockstep.numeric.DType;
import dev.lockstep.tensor.Shape;
import dev.lockstep.tensor.Tensor;
import java.util.Arrays;
import java.util.Map;
import java.util.OptionalDouble;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class CaseMemoryTests {
  private final RecordingDevice device = new RecordingDevice();
  private final Stream stream = device.newStream();
  private final Map<DType, Pattern> patterns = CaseMemory.patterns();
  private final CaseMemory memory = new CaseMemory(device, stream, patterns);

  @AfterEach
  void close() {
    memory.close();
    patterns.values().forEach(Pattern::close);
    assertThat(device.openBuffers()).isZero();
  }

  /** More than the pattern twice over, and a rest. */
  @ParameterizedTest
  @EnumSource(names = {"F32", "F16", "BF16"})
  void numbersAreNormalToTheLastElement(DType dtype) {
    double[] values = memory.normal(dtype, 3, 500_001).toDoubles(stream);
    assertThat(Arrays.stream(values).average()).hasValueCloseTo(0.0, within(0.01));
    double variance = Arrays.stream(values).map(value -> value * value).average().orElseThrow();
    assertThat(variance).isCloseTo(1, within(0.01));
    assertThat(Arrays.stream(values, values.length - 100, values.length))
        .doesNotContain(0.0)
        .allMatch(value -> Math.abs(value) < 6);
  }

  @Test
  void twoTensorsAreNotAlikeButTheSameInEveryRun() {
    double[] first = memory.normal(DType.F32, 1000).toDoubles(stream);
    double[] second = memory.normal(DType.F32, 1000).toDoubles(stream);
    assertThat(first).isNotEqualTo(second);
    try (CaseMemory again = new CaseMemory(device, stream, CaseMemory.patterns())) {
      assertThat(again.normal(DType.F32, 1000).toDoubles(stream)).isEqualTo(first);
    }
  }

  @Test
  void indicesTakeEveryValueOnceBeforeAnyTwice() {
    int[] values = memory.indices(250, 100).toInts(stream);
    assertThat(Arrays.stream(values, 0, 100).distinct()).hasSize(100);
    assertThat(Arrays.stream(values)).allMatch(value -> value >= 0 && value < 100);
    // Not one after the other, which would be a table read from front to back.
    assertThat(values[1] - values[0]).isNotEqualTo(1);
  }

  @Test
  void everythingIsFreeAfterACaseThatFailed() {
    Tensor kept = memory.zeros(DType.F32, 8);
    BenchCase failing =
        new BenchCase(
            "group",
            "kernel",
            "pass",
            DType.F32,
            Shape.of(1, 8),
            32,
            OptionalDouble.empty(),
            (library, own) -> {
              own.normal(DType.F32, 8);
              own.zeros(DType.F32, 8);
              throw new IllegalStateException("on purpose");
            });
    try (KernelBench bench = new KernelBench(device)) {
      assertThatThrownBy(() -> bench.measure(failing)).hasMessage("on purpose");
      assertThat(device.openBuffers()).isEqualTo(1);
    }
    assertThat(kept.count()).isEqualTo(8);
  }
}
