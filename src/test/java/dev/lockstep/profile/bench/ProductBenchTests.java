package dev.lockstep.profile.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.InstanceOfAssertFactories.MAP;

import dev.lockstep.device.Device;
import dev.lockstep.device.DeviceOptions;
import dev.lockstep.device.Devices;
import dev.lockstep.device.GpuModel;
import dev.lockstep.device.Launch;
import dev.lockstep.numeric.DType;
import dev.lockstep.ops.KernelResources;
import dev.lockstep.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is counted of matrix products, and what is said when it is too much. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ProductBenchTests {
  private static final int M = 256;
  private static final int N = 256;
  private static final int K = 256;

  /** Twelve stages of 64 bytes: whole turns of rings of 3 and of 4. */
  private static final int TURNS = 768;

  private final Device device = Devices.open("sim", DeviceOptions.defaults()).device();
  private final KernelBench bench = new KernelBench(device);

  @AfterAll
  void close() {
    bench.close();
    device.close();
  }

  static List<BenchCase> cases() {
    List<BenchCase> cases = new ArrayList<>();
    for (DType dtype : List.of(DType.BF16, DType.F32)) {
      cases.addAll(suite(dtype, M, N, K).cases());
    }
    cases.removeIf(row -> row.group().equals(LibraryCases.GROUP)); // what it does is not counted
    return cases;
  }

  /** The same as {@code lockstep bench matmul}, with sums too short for limits on instructions. */
  @ParameterizedTest
  @MethodSource("cases")
  void movesNoMoreThanItsTilesImply(BenchCase row) {
    BenchResult result = bench.measure(row);
    assertThat(row.limit()).isPresent();
    assertThat(result.misses()).as("%s", result).isEmpty();
    assertThat(result.traffic().orElseThrow().localSectors()).isZero();
    assertThat(result.compiled()).hasSize(Architectures.SHOWN.size());
    assertThat(result.product().isPresent())
        .isEqualTo(row.dtype() == DType.BF16 || row.kernel().contains("tf32"));
  }

  /** What more turns of the ring add is what the loop takes, if it is the loop that was found. */
  @ParameterizedTest
  @ValueSource(strings = {"forward", "backward_input", "backward_weight"})
  void theLoopIsWhatFurtherTurnsRepeat(String pass) {
    ProductCounts some = counted(pass, K);
    ProductCounts more = counted(pass, K + TURNS);
    double added = more.instructions() - some.instructions();
    assertThat(more.loopInstructionsEach().orElseThrow())
        .isCloseTo(added / (more.products() - some.products()), within(1e-3));
    assertThat(more.loop().orElseThrow().products()).isBetween(1L, more.products());
  }

  private ProductCounts counted(String pass, long depth) {
    Shape shape =
        switch (pass) {
          case "forward" -> Shape.of(128, 128, depth);
          case "backward_input" -> Shape.of(128, depth, 128);
          default -> Shape.of(depth, 128, 128);
        };
    BenchCase row =
        ProductSuite.of(DType.BF16, List.of(shape)).cases().stream()
            .filter(one -> one.pass().equals(pass) && one.tile().equals("128x128"))
            .findFirst()
            .orElseThrow();
    return bench.measure(row).product().orElseThrow();
  }

  @Test
  void fusionsSaveWhatTheyNeedNotMove() {
    ProductSuite suite = suite(DType.BF16, M, N, K).only(List.of("swiglu"), List.of());
    List<BenchResult> results = suite.cases().stream().map(bench::measure).toList();
    long once = M * N * 2;
    // In tiles of 64 x 64 and of 128 x 64.
    assertThat(suite.fusions())
        .extracting(Fusion::leastBytes)
        .containsExactly(4 * once, 4 * once, 2 * once, 2 * once);
    for (Fusion fusion : suite.fusions()) {
      Fusion.Saving saving = fusion.saving(results).orElseThrow();
      // Beside g and u: two products read x twice for each column of tiles, which are 64 wide, or
      // 128 where a gate's are 64; so there x is read as often by either.
      long x = fusion.fused().tile().equals("64x64") ? N / 64 * M * K * 2 : 0;
      assertThat(saving.bytes()).isEqualTo(fusion.leastBytes() + x);
      assertThat(saving.isMissed()).isFalse();
      assertThat(fusion.saving(results.subList(0, 1)).isPresent()).isFalse();
    }
  }

  @Test
  void aFusionThatMovesMoreIsSaid() {
    Fusion fusion = suite(DType.BF16, M, N, K).fusions().getFirst();
    Fusion.Saving missed = new Fusion.Saving(fusion, 4096, 1024);
    assertThat(missed.isMissed()).isTrue();
    assertThat(missed.toString())
        .endsWith(": 4.00 KiB, 1.00 KiB apart; saves -3.00 KiB, at least 256 KiB MISSED");
    assertThat(new Fusion.Saving(fusion, 0, fusion.leastBytes()).isMissed()).isFalse();
  }

  @Test
  void whatIsWorseThanAllowedIsSaid() {
    BenchCase row =
        suite(DType.BF16, 128, 128, 1024).cases().stream()
            .filter(one -> one.kernel().equals("linear") && one.tile().equals("128x128"))
            .findFirst()
            .orElseThrow();
    assertThat(result(row, 170, 150, 9, new KernelResources(200, 49_152, 0)).misses()).isEmpty();
    assertThat(result(row, 171, 151, 8, new KernelResources(255, 100_000, 4)).misses())
        .containsExactly(
            "1.710 instructions per mma, 1.70 allowed",
            "1.510 of them in the loop, 1.50 allowed",
            "88.9 % of operations on tensor cores, 90 % needed",
            "4 bytes of registers spilled on sm_80",
            "4 resident warps on sm_80, 8 needed");
  }

  private static BenchResult result(
      BenchCase row, long instructions, long inLoop, long tensorFlops, KernelResources taken) {
    ProductCounts counts =
        new ProductCounts(
            100, instructions, Optional.of(new ProductCounts.Loop(100, inLoop)), tensorFlops, 1);
    return new BenchResult(
        row,
        List.of("k"),
        "k",
        Launch.of(1, 128),
        1,
        Optional.of(taken),
        Map.of(GpuModel.named("a100").capability(), taken),
        0,
        Optional.empty(),
        Optional.of(new Traffic(row.plannedSectors(), 0, 0, 0, 0, 0, 0, 0)),
        Optional.empty(),
        Optional.of(counts),
        Optional.empty());
  }

  /** A caller may read these names in a program. */
  @Test
  void jsonAndTableNameEveryFigure() {
    BenchCase row = cases().getFirst();
    BenchResult result = bench.measure(row);
    Map<String, @Nullable Object> json = BenchJson.row(result, List.of());
    assertThat(json.keySet())
        .contains(
            "tileSectors",
            "instructionsPerMma",
            "loopInstructionsPerMma",
            "flopsPerSecond",
            "minimalSectors",
            "sharedBytes");
    assertThat(json)
        .containsEntry("shape", List.of(256L, 256L, 256L))
        .containsEntry("tile", "64x64")
        .containsEntry("tensorShare", 1.0)
        .containsEntry("flops", 2.0 * M * N * K);
    assertThat(json.get("architectures"))
        .asInstanceOf(MAP)
        .containsOnlyKeys("sm_80", "sm_86", "sm_90");
    BenchTable table = new BenchTable(List.of(row), Optional.empty());
    assertThat(table.header()).contains("tile", "in loop", "warps sm_86").doesNotContain("instr");
    assertThat(table.line(result)).contains("64x64", "100.0 %", "256x256x256");
    BenchTable timed =
        new BenchTable(
            List.of(row),
            Optional.of(
                new Peaks(1e12, OptionalDouble.of(1e14), OptionalDouble.empty(), "cuBLAS")));
    assertThat(timed.header()).contains("TFLOP/s", "of product", "spread").doesNotContain("GB/s");
  }

  private static ProductSuite suite(DType dtype, long m, long n, long k) {
    return ProductSuite.of(dtype, List.of(Shape.of(m, n, k)));
  }
}
