package dev.lockstep.profile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.device.Counter;
import dev.lockstep.device.Counts;
import dev.lockstep.device.Dim3;
import dev.lockstep.device.LaunchCounts;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CounterTableTests {
  private static final LaunchCounts LAUNCH =
      launch(
          new Counts.Builder()
              .add(Counter.INSTRUCTIONS, 1000)
              .add(Counter.THREAD_INSTRUCTIONS, 32_000)
              .add(Counter.THREAD_INSTRUCTIONS_ON, 24_000)
              .add(Counter.FP32, 18_000)
              .add(Counter.MEMORY, 6_000)
              .add(Counter.FFMA, 9_000)
              .add(Counter.BRANCHES, 40)
              .add(Counter.DIVERGENT_BRANCHES, 10)
              .add(Counter.GLOBAL_LOAD_REQUESTS, 100)
              .add(Counter.GLOBAL_LOAD_SECTORS, 800)
              .add(Counter.GLOBAL_LOAD_DISTINCT_BYTES, 12_800)
              .add(Counter.SHARED_LOAD_REQUESTS, 50)
              .add(Counter.SHARED_LOAD_WAVEFRONTS, 100)
              .add(Counter.SHARED_LOAD_CONFLICTS, 50)
              .add(Counter.SHARED_LOAD_BYTES, 6_400)
              .build());

  private static LaunchCounts launch(Counts totals) {
    return new LaunchCounts("k", new Dim3(4), new Dim3(64, 2, 1), totals, 6_400, 0, List.of());
  }

  @Test
  void whatTheKernelDidStandsInColumns() {
    assertThat(CounterTable.lines(LAUNCH))
        .containsExactly(
            "k  grid (4,1,1)  block (64,2,1)",
            "  instructions     1,000  by warps",
            "    by threads    32,000  32.0 of 32 lanes active",
            "    guard true    24,000  24.0 of 32 lanes active",
            "    fp32          18,000  75.0 %",
            "    memory         6,000  25.0 %",
            "  branches            40  25.0 % divergent",
            "  floating point  18,000  operations",
            "  global  requests  sectors  each     moved    used  at least",
            "    ld         100      800   8.0  25.0 KiB  50.0 %  6.25 KiB",
            "  shared  requests  wavefronts  each  conflicts     bytes",
            "    ld          50         100   2.0         50  6.25 KiB");
  }

  @Test
  void machinesGetMetricsByName() {
    Map<String, Object> json = CounterTable.json(LAUNCH);
    assertThat(json)
        .containsEntry("kernel", "k")
        .containsEntry("grid", List.of(4, 1, 1))
        .containsEntry("compulsoryLoadBytes", 6_400L);
    assertThat(json.get("counters"))
        .asInstanceOf(InstanceOfAssertFactories.MAP)
        .containsEntry("smsp__inst_executed.sum", 1000L)
        .containsEntry("l1tex__t_sectors_pipe_lsu_mem_global_op_ld.sum", 800L)
        .doesNotContainKey(Counter.TENSOR.metric());
  }

  @Test
  void aKernelThatDoesNothingHasNoNumbersToDivideBy() {
    assertThat(CounterTable.lines(launch(new Counts.Builder().build())))
        .contains("    by threads  0  - of 32 lanes active");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          0         | 0      | 0 B
          1023      | 1,023  | 1023 B
          1024      | 1,024  | 1.00 KiB
          99999     | 99,999 | 97.7 KiB
          100000    | 100 k  | 97.7 KiB
          1048576   | 1.05 M | 1.00 MiB
          123456789 | 123 M  | 118 MiB
          """)
  void numbersAreMadeReadable(long value, String count, String bytes) {
    assertThat(Units.count(value)).isEqualTo(count);
    assertThat(Units.bytes(value)).isEqualTo(bytes);
  }
}
