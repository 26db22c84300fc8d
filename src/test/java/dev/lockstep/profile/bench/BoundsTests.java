package dev.lockstep.profile.bench;

import static dev.lockstep.profile.bench.Bounds.Resource.DRAM;
import static dev.lockstep.profile.bench.Bounds.Resource.FP32;
import static dev.lockstep.profile.bench.Bounds.Resource.ISSUE;
import static dev.lockstep.profile.bench.Bounds.Resource.LAUNCH;
import static dev.lockstep.profile.bench.Bounds.Resource.SHARED;
import static dev.lockstep.profile.bench.Bounds.Resource.SPECIAL;
import static dev.lockstep.profile.bench.Bounds.Resource.TENSOR;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.lockstep.device.GpuModel;
import dev.lockstep.device.Launch;
import dev.lockstep.numeric.DType;
import dev.lockstep.profile.bench.Bounds.Resource;
import dev.lockstep.tensor.Shape;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BoundsTests {
  /** 108 multiprocessors of 64 f32 lanes, 1.41 GHz, 2,039 GB/s, 312 TFLOP/s of bf16. */
  private static final GpuModel A100 = GpuModel.named("a100");

  @Test
  void takesThePublishedClock() {
    assertThat(A100.clock()).isCloseTo(1.41e9, within(1e7));
    assertThat(GpuModel.named("h100").clock()).isCloseTo(1.98e9, within(1e7));
  }

  @Test
  void givesEachResourceTheTimeItNeedsAlone() {
    double clocks = 108 * 1.41e9;
    Map<Resource, Double> seconds = bounds(2_039_000, 500, 300, 64_000, 100, 312_000_000).seconds();
    assertThat(seconds.get(DRAM)).isCloseTo(1e-6, within(1e-12));
    assertThat(seconds.get(TENSOR)).isCloseTo(1e-6, within(1e-12));
    assertThat(seconds.get(FP32)).isCloseTo(1000 / clocks, within(1e-10));
    assertThat(seconds.get(SPECIAL)).isCloseTo(200 / clocks, within(1e-10));
    assertThat(seconds.get(ISSUE)).isCloseTo(125 / clocks, within(1e-10));
    assertThat(seconds.get(SHARED)).isCloseTo(300 / clocks, within(1e-10));
    assertThat(seconds.get(LAUNCH)).isEqualTo(1e-6);
  }

  /**
   * Work of each resource in microseconds of its own. Where memory and tensor cores are near each
   * other, either may limit; what is to be far from them is everything else.
   */
  @ParameterizedTest
  @CsvSource({
    // bytes, tensor, fp32, limiter, whether that is clear
    "100, 0, 80, DRAM, true",
    "100, 0, 90, DRAM, false",
    "100, 0, 120, FP32, false",
    "100, 99, 20, DRAM, true",
    "99, 100, 20, TENSOR, true",
    "50, 100, 90, TENSOR, false",
  })
  void namesTheLimiter(double bytes, double tensor, double fp32, Resource limiter, boolean clear) {
    Bounds bounds =
        bounds(
            (long) (bytes * 2_039_000),
            0,
            0,
            (long) (fp32 * 1e-6 * 19.5e12 / 2),
            0,
            (long) (tensor * 312e6));
    assertThat(bounds.limiter()).isEqualTo(limiter);
    assertThat(bounds.isClear()).isEqualTo(clear);
    assertThat(bounds.secondsAtLeast())
        .isCloseTo(1e-6 * Math.max(bytes, Math.max(tensor, fp32)), within(1e-9));
  }

  @Test
  void predictsNothingForWhatWasNotCounted() {
    BenchResult timed = result(100, Optional.empty(), Optional.empty());
    assertThat(Bounds.of(timed, A100)).isEmpty();
    assertThat(Predictions.of(A100, List.of(timed)).rows()).isEmpty();
    assertThat(Predictions.json(timed, List.of(A100))).isEmpty();
  }

  @Test
  void saysHowManyAreClear() {
    BenchResult memory = counted(203_900_000, 0, 0, 0, 0, 0);
    BenchResult issue = counted(1, 1_000_000_000, 0, 0, 0, 0);
    Predictions predictions = Predictions.of(A100, List.of(memory, issue));
    assertThat(predictions.summary())
        .startsWith("predicted for a100 (NVIDIA A100 SXM4 80 GB): 1 of 2 passes limited by memory");
    assertThat(predictions.table().get(0))
        .containsExactly(
            "k", "forward", "bf16", "8x8", "", "100.00", "memory", "launches", "1 %", "");
    assertThat(predictions.table().get(1).get(6)).isEqualTo("issue slots");
    assertThat(Predictions.json(memory, List.of(A100)).toString()).contains("limiter=dram, why=, ");
    assertThat(predictions.markdown())
        .contains(
            "## Predicted for a100",
            "- issue slots: much arithmetic for few bytes, as the error function takes at the"
                + " accuracy of f32; the fast form of an activation takes less.");
  }

  /** Work of one resource beside 64 elements of 128 bytes; each reason in figures. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        // bytes, instructions, wavefronts, f32, special | why
        "128, 6400000000, 0, 0, 0 | issue slots: 100000000.0 instructions an element of 2.0 bytes",
        "128, 0, 640000, 0, 0 | shared memory: 10000.0 wavefronts an element of 2.0 bytes",
        "128, 0, 0, 64000000, 0 | fp32 lanes: 1000000.0 operations an element of 2.0 bytes",
        "128, 0, 0, 0, 200000 | special functions: 100000.0 functions an element of 2.0 bytes",
        "128, 0, 0, 0, 0 | launches: 2 beside 128 B",
        "1000000000, 1, 1, 1, 1 | ''",
      })
  void saysWhyAnythingElseLimits(String work, String why) {
    long[] each = Stream.of(work.split(", ")).mapToLong(Long::parseLong).toArray();
    BenchResult result = counted(each[0], each[1], each[2], each[3], each[4], 0);
    assertThat(Exceptions.why(result, Bounds.of(result, A100).orElseThrow())).isEqualTo(why);
  }

  @Test
  void whatCostsNothingIsLeftOut() {
    Bounds bounds = bounds(128, 0, 0, 0, 0, 0);
    assertThat(bounds.near()).containsExactly(LAUNCH);
    assertThat(bounds.without(LAUNCH).near()).isEmpty();
  }

  private static Bounds bounds(
      long bytes, long instructions, long wavefronts, long f32, long special, long tensor) {
    return Bounds.of(counted(bytes, instructions, wavefronts, f32, special, tensor), A100)
        .orElseThrow();
  }

  private static BenchResult counted(
      long bytes, long instructions, long wavefronts, long f32, long special, long tensor) {
    return result(
        bytes,
        Optional.of(new Traffic(1, 1, 0, 0, wavefronts, 0, instructions, instructions)),
        Optional.of(new Arithmetic(f32, special, tensor, f32)));
  }

  private static BenchResult result(
      long bytes, Optional<Traffic> traffic, Optional<Arithmetic> arithmetic) {
    BenchCase row =
        new BenchCase(
            "norm",
            "k",
            "forward",
            DType.BF16,
            Shape.of(8, 8),
            bytes,
            OptionalDouble.empty(),
            (library, memory) -> stream -> {});
    return new BenchResult(
        row,
        List.of("k"),
        "k",
        Launch.of(1, 32),
        2,
        Optional.empty(),
        Map.of(),
        0,
        Optional.empty(),
        traffic,
        arithmetic,
        Optional.empty(),
        Optional.empty());
  }
}
