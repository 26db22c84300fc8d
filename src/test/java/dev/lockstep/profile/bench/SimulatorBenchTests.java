package dev.lockstep.profile.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.numeric.DType;
import dev.lockstep.profile.bench.SimulatorBench.Speed;
import dev.lockstep.profile.bench.SimulatorBench.Way;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class SimulatorBenchTests {
  @Test
  void timesAKernelInEveryWay() {
    BenchCase small =
        RowCases.of(List.of("relu"), DType.F32, new Sizes(OptionalLong.of(4), List.of(64L))).get(0);
    try (SimulatorBench bench = new SimulatorBench(Duration.ZERO, 3)) {
      Speed speed = bench.measure(small);
      for (Way way : Way.values()) {
        assertThat(speed.seconds(way)).as(way.name()).isPositive().isLessThan(10);
      }
      assertThat(speed.times(Way.PLAIN)).isEqualTo(1);
      assertThat(speed.instructions()).isPositive();
      assertThat(speed.instructionsPerSecond())
          .isEqualTo(speed.instructions() / speed.seconds(Way.PLAIN));
    }
  }

  @Test
  void hasKernelsOfEveryKind() {
    assertThat(SimulatorBench.cases().stream().map(BenchCase::toString))
        .containsExactly(
            "gelu_tanh forward f32 1024x1024",
            "layernorm forward f32 1024x1024",
            "cross_entropy forward+backward f32 256x4096",
            "linear forward f32 256x256x256 in tiles of 64x64",
            "linear forward bf16 256x256x256 in tiles of 64x64");
  }
}
