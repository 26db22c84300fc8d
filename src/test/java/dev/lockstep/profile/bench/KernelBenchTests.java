package dev.lockstep.profile.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lockstep.device.Device;
import dev.lockstep.device.DeviceException;
import dev.lockstep.device.DeviceInfo;
import dev.lockstep.device.DeviceMemoryException;
import dev.lockstep.device.DeviceOptions;
import dev.lockstep.device.Devices;
import dev.lockstep.device.ForwardingDevice;
import dev.lockstep.device.Launch;
import dev.lockstep.device.RecordingDevice;
import dev.lockstep.device.Stream;
import dev.lockstep.numeric.DType;
import dev.lockstep.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class KernelBenchTests {
  private static final Peaks PEAKS =
      new Peaks(1e12, OptionalDouble.empty(), OptionalDouble.empty(), "nobody");

  /** 64 KiB of elements: 32 blocks of 256 threads, 8 elements of 2 bytes to each. */
  private static final Sizes SMALL = new Sizes(OptionalLong.of(64), List.of(1024L));

  @Test
  void countsWhatAnActivationMoves() {
    BenchResult result = counted("a100", first("silu", SMALL));
    assertThat(result.misses()).isEmpty();
    assertThat(result.ratio()).hasValue(1.0);
    assertThat(result.seconds()).isEmpty();
    assertThat(result.main()).startsWith("activation_forward").endsWith("bf16");
    assertThat(result.launches()).isEqualTo(1);
    Traffic traffic = result.traffic().orElseThrow();
    assertThat(traffic.sectors()).isEqualTo(2 * 2 * 65_536 / 32);
    assertThat(traffic.compulsoryBytes()).isEqualTo(2 * 2 * 65_536);
    assertThat(traffic.bytesPerSector()).isEqualTo(32);
    assertThat(traffic.bankConflicts()).isZero();
    assertThat(traffic.localSectors()).isZero();
    // All lanes are at work all the time.
    assertThat(traffic.threadInstructions()).isEqualTo(32 * traffic.instructions());
    assertThat(result.instructionsPerElement().orElseThrow()).isBetween(5.0, 100.0);
    assertThat(result.memorySeconds().orElseThrow())
        .isCloseTo(2 * 2 * 65_536 / 2039e9, within(1e-12));
    // 108 multiprocessors begin 4 instructions at each of 1.41 GHz.
    assertThat(result.issueSeconds().orElseThrow())
        .isCloseTo(traffic.instructions() / (108 * 4 * 1.41e9), within(1e-9));
  }

  /** What a kernel takes depends on the GPU it was compiled for, what it requests does not. */
  @Test
  void resourcesAreThoseOfTheModelledGpu() {
    BenchCase row = first("gelu_erf", SMALL);
    BenchResult a100 = counted("a100", row);
    BenchResult h100 = counted("h100", row);
    assertThat(h100.traffic()).isEqualTo(a100.traffic());
    assertThat(h100.resources()).isPresent();
    assertThat(h100.occupancy()).isPresent();
    assertThat(h100.memorySeconds().orElseThrow()).isLessThan(a100.memorySeconds().orElseThrow());
  }

  /** The reduction of a norm's weight gradient belongs to its backward pass. */
  @Test
  void severalLaunchesOfAPassAreCountedTogether() {
    BenchCase backward =
        RowCases.of(List.of("rmsnorm"), DType.F32, SMALL).stream()
            .filter(row -> row.pass().equals("backward"))
            .findFirst()
            .orElseThrow();
    BenchResult result = counted("a100", backward);
    assertThat(result.kernels()).hasSizeGreaterThan(1).contains("rmsnorm_backward_f32");
    assertThat(result.main()).isEqualTo("rmsnorm_backward_f32");
    assertThat(result.launches()).isEqualTo(result.kernels().size());
  }

  /** One thread prepares a step before all others take it. */
  @Test
  void figuresAreThoseOfTheKernelThatMovesMost() {
    BenchResult result = counted("a100", first("adamw", SMALL));
    assertThat(result.kernels()).hasSize(2);
    assertThat(result.main()).isEqualTo("adamw_step").isNotEqualTo(result.kernels().getFirst());
    assertThat(result.launch().block().count()).isGreaterThan(1);
  }

  @Test
  void aFaultLeavesADeviceThatCountsAgain() {
    BenchCase row = first("silu", SMALL);
    BenchCase faulty =
        new BenchCase(
            row.group(),
            row.kernel(),
            row.pass(),
            row.dtype(),
            row.shape(),
            row.fewestBytes(),
            row.limit(),
            (library, memory) ->
                stream -> {
                  throw new IllegalStateException("on purpose");
                });
    try (Device device = Devices.open("sim", DeviceOptions.defaults()).device();
        KernelBench bench = new KernelBench(device)) {
      assertThatThrownBy(() -> bench.measure(faulty)).hasMessage("on purpose");
      assertThat(bench.measure(row).ratio()).hasValue(1.0);
    }
  }

  @Test
  void aDeviceThatDoesNotCountIsTimed() {
    DeviceInfo info = new DeviceInfo("other", "other", "9.0", 132, 79L << 30, 227 << 10);
    try (Device device = new UncountedDevice(info);
        KernelBench bench = new KernelBench(device)) {
      assertThat(bench.counts()).isFalse();
      BenchCase row = first("relu", SMALL);
      BenchResult result = bench.measure(row);
      assertThat(result.gpu()).hasValueSatisfying(gpu -> assertThat(gpu.name()).isEqualTo("h100"));
      assertThat(result.traffic()).isEmpty();
      assertThat(result.ratio()).isEmpty();
      assertThat(result.misses()).isEmpty();
      assertThat(result.occupancy()).isPresent();
      double seconds = result.seconds().orElseThrow();
      assertThat(seconds).isPositive();
      assertThat(result.bytesPerSecond().orElseThrow())
          .isCloseTo(row.fewestBytes() / seconds, within(1e-3));
      BenchTable table = new BenchTable(List.of(row), Optional.of(PEAKS));
      assertThat(table.header())
          .contains("spread", "GB/s", "of copy", "of peak")
          .doesNotContain("ratio");
      assertThat(table.line(result)).contains("relu", " %");
      assertThat(BenchJson.row(result, List.of()))
          .containsEntry("sectors", null)
          .containsEntry("ratio", null)
          .containsEntry("seconds", seconds)
          .containsEntry("runs", 21);
    }
  }

  /** By its clock: what a copy and a product reach there is more than nothing. */
  @Test
  void theBestOfADeviceIsMeasuredWithTheRest() {
    DeviceInfo info = new DeviceInfo("other", "other", "9.0", 132, 79L << 30, 227 << 10);
    try (Device device = new UncountedDevice(info);
        KernelBench bench = new KernelBench(device)) {
      Peaks none = bench.peaks(DType.BF16, Optional.empty());
      assertThat(none.copy()).isPositive();
      assertThat(none.product()).isEmpty();
      assertThat(none.toString()).startsWith("peaks    ").endsWith(" GB/s copied");
      Peaks peaks = bench.peaks(DType.F32, Optional.of(Shape.of(64, 64, 64)));
      assertThat(peaks.product().orElseThrow()).isPositive();
      assertThat(peaks.tf32().orElseThrow()).isPositive();
      assertThat(peaks.toString()).contains("TFLOP/s multiplied by our kernel as f32 in TF32");
    }
  }

  /** Each run of one is followed by one of the other, from the first warm-up to the last. */
  @Test
  void whatIsComparedTakesTurns() {
    DeviceInfo info = new DeviceInfo("other", "other", "9.0", 132, 79L << 30, 227 << 10);
    List<String> launched = new ArrayList<>();
    try (Device device = new UncountedDevice(info);
        KernelBench bench = new KernelBench(device)) {
      List<BenchResult> results =
          bench.measure(
              List.of(noted("one", launched), refusing(), noted("two", launched)),
              (row, why) -> assertThat(why).hasMessage("not this one"));
      assertThat(results).extracting(result -> result.row().kernel()).containsExactly("one", "two");
      assertThat(launched).hasSize(2 + 2 * (3 + 21));
      for (int i = 0; i < launched.size(); i++) {
        assertThat(launched.get(i)).as("launch %d", i).isEqualTo(i % 2 == 0 ? "one" : "two");
      }
    }
  }

  private static BenchCase noted(String kernel, List<String> launched) {
    BenchCase row = first("relu", SMALL);
    return with(
        kernel,
        (library, memory) -> {
          BenchCase.Pass pass = row.plan().prepare(library, memory);
          return stream -> {
            launched.add(kernel);
            pass.launch(stream);
          };
        });
  }

  private static BenchCase refusing() {
    return with(
        "none",
        (library, memory) -> {
          throw new IllegalArgumentException("not this one");
        });
  }

  private static BenchCase with(String kernel, BenchCase.Plan plan) {
    BenchCase row = first("relu", SMALL);
    return new BenchCase(
        row.group(),
        kernel,
        row.pass(),
        row.dtype(),
        row.shape(),
        row.fewestBytes(),
        row.limit(),
        plan);
  }

  /** What does not fit beside the others is timed after them, and what fits nowhere is refused. */
  @Test
  void variantsThatDoNotFitTogetherAreTimedApart() {
    DeviceInfo info = new DeviceInfo("other", "other", "9.0", 132, 79L << 30, 227 << 10);
    List<String> launched = new ArrayList<>();
    List<String> prepared = new ArrayList<>();
    BenchCase one = noted("one", launched);
    BenchCase two = noted("two", launched);
    BenchCase large =
        with(
            "two",
            (library, memory) -> {
              prepared.add("two");
              if (prepared.size() == 1) {
                throw new DeviceMemoryException("allocate", "full");
              }
              return two.plan().prepare(library, memory);
            });
    BenchCase huge =
        with(
            "three",
            (library, memory) -> {
              throw new DeviceMemoryException("allocate", "too much");
            });
    List<String> refused = new ArrayList<>();
    try (Device device = new UncountedDevice(info);
        KernelBench bench = new KernelBench(device)) {
      List<BenchResult> results =
          bench.measure(List.of(one, large, huge), (row, why) -> refused.add(row.kernel()));
      assertThat(results).extracting(result -> result.row().kernel()).containsExactly("one", "two");
      assertThat(refused).containsExactly("three");
      assertThat(launched.subList(0, 25)).containsOnly("one");
      assertThat(launched.subList(25, 50)).containsOnly("two");
    }
  }

  /** A caller may read these names in a program. */
  @Test
  void jsonNamesEveryFigure() {
    Map<String, @Nullable Object> row =
        BenchJson.row(counted("a100", first("silu", SMALL)), List.of());
    assertThat(row.keySet())
        .startsWith(
            "kernel",
            "pass",
            "dtype",
            "shape",
            "sectors",
            "minimalSectors",
            "ratio",
            "bankConflicts",
            "instructionsPerElement",
            "registers",
            "spills",
            "occupancy");
    assertThat(row)
        .containsEntry("kernel", "silu")
        .containsEntry("pass", "forward")
        .containsEntry("dtype", "bf16")
        .containsEntry("shape", List.of(64L, 1024L))
        .containsEntry("sectors", 8192L)
        .containsEntry("minimalSectors", 8192L)
        .containsEntry("ratio", 1.0)
        .containsEntry("bankConflicts", 0L)
        .containsEntry("spills", 0)
        .containsEntry("limit", 1.0)
        .containsEntry("gpu", "a100")
        .doesNotContainValue(Double.NaN);
  }

  @Test
  void whatIsWorseThanAllowedIsSaid() {
    BenchCase row = first("silu", SMALL);
    BenchResult fine = result(row, row.minimalSectors(), 0, 0);
    assertThat(fine.misses()).isEmpty();
    BenchResult bad = result(row, row.minimalSectors() + 1000, 12, 16);
    assertThat(bad.misses())
        .containsExactly(
            "1.122 times the fewest sectors, 1.00 allowed",
            "12 bank conflicts",
            "16 bytes of registers spilled");
    BenchTable table = new BenchTable(List.of(row), Optional.empty());
    assertThat(table.line(fine)).doesNotContain("MISSED");
    assertThat(table.line(bad)).endsWith("MISSED");
    assertThat(table.markdown(List.of(fine, bad)))
        .hasSize(4)
        .allMatch(line -> line.chars().filter(c -> c == '|').count() == 16);
  }

  private static BenchResult result(BenchCase row, long sectors, long conflicts, int spills) {
    Traffic traffic = new Traffic(sectors, 0, 0, conflicts, 0, 0, 0, 0);
    return new BenchResult(
        row,
        List.of("k"),
        "k",
        Launch.of(1, 32),
        1,
        Optional.empty(),
        Map.of(),
        spills,
        Optional.empty(),
        Optional.of(traffic),
        Optional.empty(),
        Optional.empty(),
        Optional.empty());
  }

  /** Nobody could close it. */
  @Test
  void leavesNoStreamOpenWhereItCannotBeMade() {
    List<String> opened = new ArrayList<>();
    Device device =
        new ForwardingDevice(new RecordingDevice()) {
          @Override
          public <T> Optional<T> capability(Class<T> type) {
            throw new DeviceException("capability", 1, type.getSimpleName());
          }

          @Override
          public Stream newStream() {
            opened.add("stream");
            return super.newStream();
          }
        };
    assertThatThrownBy(() -> new KernelBench(device)).hasMessageContaining("KernelCounters");
    assertThat(opened).isEmpty();
  }

  private static BenchResult counted(String gpu, BenchCase row) {
    try (Device device = Devices.open("sim", DeviceOptions.defaults().withGpu(gpu)).device();
        KernelBench bench = new KernelBench(device)) {
      assertThat(bench.counts()).isTrue();
      return bench.measure(row);
    }
  }

  private static BenchCase first(String kernel, Sizes sizes) {
    return RowCases.of(List.of(kernel), DType.BF16, sizes).getFirst();
  }
}
