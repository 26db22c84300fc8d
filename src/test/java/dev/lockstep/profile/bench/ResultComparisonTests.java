package dev.lockstep.profile.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.profile.bench.ResultComparison.Verdict;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ResultComparisonTests {
  @TempDir private Path folder;

  @ParameterizedTest
  @CsvSource({
    // before, after, their errors, timed, lower is better, verdict at 5 % of noise
    "100, 104, 0, true, true, SAME",
    "100, 106, 0, true, true, WORSE",
    "100, 94, 0, true, true, BETTER",
    "100, 94, 0, true, false, WORSE",
    "100, 106, 0, true, false, BETTER",
    // Intervals of 5 each way: they part beyond 10.
    "100, 109, 5, true, true, SAME",
    "100, 111, 5, true, true, WORSE",
    // What is counted has no noise.
    "100, 101, 0, false, true, WORSE",
    "100, 99, 0, false, true, BETTER",
    "0, 1, 0, false, true, WORSE",
    "100, NaN, 0, true, true, WORSE",
    "NaN, 100, 0, true, true, SAME",
  })
  void judgesByWhatCanBeTold(
      double before, double after, double error, boolean timed, boolean lower, Verdict verdict) {
    ResultComparison comparison =
        ResultComparison.of(
            Map.of("a", new Measurement("a", "s", before, error, timed, lower)),
            Map.of("a", new Measurement("a", "s", after, error, timed, lower)),
            0.05);
    assertThat(comparison.lines()).singleElement().returns(verdict, ResultComparison.Line::verdict);
    assertThat(comparison.count(verdict)).isEqualTo(1);
  }

  @Test
  void namesWhatIsInOneFileOnly() {
    Measurement old = Measurement.time("old", "s", 1);
    Measurement fresh = Measurement.counted("fresh", "sectors", 12_345);
    ResultComparison comparison =
        ResultComparison.of(Map.of("old", old), Map.of("fresh", fresh), 0.05);
    assertThat(comparison.lines().get(0).cells()).containsExactly("old", "1.000 s", "", "", "gone");
    assertThat(comparison.lines().get(1).cells()).containsExactly("fresh", "", "12,345", "", "new");
  }

  @Test
  void readsJmh() throws IOException {
    Map<String, Measurement> read =
        read(
            """
            [{"benchmark":"dev.lockstep.ops.LayerNormBenchmark.forward","mode":"avgt",
              "params":{"columns":"768","where":"LIBRARY"},
              "primaryMetric":{"score":7.95,"scoreError":0.5,"scoreUnit":"ms/op"},
              "secondaryMetrics":{"gc.alloc.rate.norm":{"score":12.0,"scoreError":"NaN","scoreUnit":"B/op"}}},
             {"benchmark":"a.B.c","mode":"thrpt",
              "primaryMetric":{"score":3.0,"scoreError":"NaN","scoreUnit":"ops/s"}}]
            """);
    String forward = "LayerNormBenchmark.forward (columns=768, where=LIBRARY)";
    assertThat(read.values())
        .containsExactly(
            new Measurement(forward, "ms/op", 7.95, 0.5, true, true),
            new Measurement(forward + " allocated", "B/op", 12, 0, true, true),
            new Measurement("B.c", "ops/s", 3, 0, true, false));
  }

  @Test
  void readsWhatBenchWrites() throws IOException {
    Map<String, Measurement> read =
        read(
            """
            {"rows":[{"kernel":"linear","pass":"forward","dtype":"bf16","shape":[64,32,16],"tile":"64x64",
              "sectors":100,"warpInstructions":7,"bankConflicts":0,"spills":0,"launches":1,"seconds":null},
             {"kernel":"relu","pass":"forward","dtype":"f32","shape":[8,8],"sectors":null,"seconds":1e-5}]}
            """);
    assertThat(read)
        .containsEntry(
            "linear forward bf16 64x32x16 in tiles of 64x64: sectors",
            Measurement.counted(
                "linear forward bf16 64x32x16 in tiles of 64x64: sectors", "sectors", 100))
        .containsEntry(
            "relu forward f32 8x8: time", Measurement.time("relu forward f32 8x8: time", "s", 1e-5))
        .hasSize(6);
  }

  @Test
  void readsWhatTrainWrites() throws IOException {
    assertThat(read("{\"secondsPerStep\":0.075,\"losses\":[5.9]}").values())
        .containsExactly(Measurement.time("a training step", "s", 0.075));
  }

  @Test
  void readsWhatBenchStepWrites() throws IOException {
    assertThat(
            read("""
            {"secondsPerStep":0.1,
             "launches":{"heapBytes":5.0,"seconds":0.09,"calls":44.0},
             "java":{"heapBytes":5.0,"seconds":0.0009,"calls":0.0},
             "kernels":[{"name":"adamw_step","count":4,"seconds":0.2,"share":0.5},
              {"name":"(fill)","count":4,"seconds":0.0001,"share":0.001}]}
            """)
                .values())
        .containsExactly(
            Measurement.time("a training step", "s", 0.1),
            Measurement.time("a training step: launches", "s", 0.09),
            Measurement.counted("a training step: launches calls", "calls", 44),
            Measurement.time("a training step: kernel adamw_step, each", "s", 0.05));
  }

  @Test
  void readsWhatBenchSimulatorWrites() throws IOException {
    String name = "relu forward f32 8x8: ";
    assertThat(
            read("""
            {"rows":[{"kernel":"relu","pass":"forward","dtype":"f32","shape":[8,8],
              "warpInstructions":7,"seconds":1.0,"oneThreadSeconds":2.0,
              "sanitizedSeconds":3.0,"countedSeconds":4.0}]}
            """)
                .values())
        .containsExactly(
            Measurement.counted(name + "warpInstructions", "warpInstructions", 7),
            Measurement.time(name + "time", "s", 1),
            Measurement.time(name + "oneThreadSeconds", "s", 2),
            Measurement.time(name + "sanitizedSeconds", "s", 3),
            Measurement.time(name + "countedSeconds", "s", 4));
  }

  @Test
  void readsWhatBenchLaunchWrites() throws IOException {
    assertThat(
            read(
                "{\"queuedSeconds\":1e-6,\"awaitedSeconds\":5e-6,\"replayedSeconds\":null,"
                    + "\"heapBytes\":8.5}"))
        .containsOnlyKeys(
            "a launch: queuedSeconds", "a launch: awaitedSeconds", "a launch: heapBytes");
  }

  @Test
  void refusesOtherFiles() throws IOException {
    Path file = folder.resolve("results.json");
    assertThatThrownBy(() -> ResultFile.read(file)).hasMessage("there is no %s", file);
    assertThatThrownBy(() -> read("{")).hasMessageStartingWith(file + " is not JSON: ");
    assertThatThrownBy(() -> read("{\"cases\":3}"))
        .hasMessage("%s holds no results of JMH, of bench --json or of train --json", file);
  }

  private Map<String, Measurement> read(String json) throws IOException {
    return ResultFile.read(Files.writeString(folder.resolve("results.json"), json));
  }
}
