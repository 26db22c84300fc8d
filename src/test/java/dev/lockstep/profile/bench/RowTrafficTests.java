package dev.lockstep.profile.bench;

import static dev.lockstep.profile.bench.Bounds.Resource.DRAM;
import static dev.lockstep.profile.bench.Bounds.Resource.LAUNCH;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.device.Device;
import dev.lockstep.device.DeviceOptions;
import dev.lockstep.device.Devices;
import dev.lockstep.device.GpuModel;
import dev.lockstep.numeric.DType;
import dev.lockstep.ops.KernelLibrary;
import dev.lockstep.ops.KernelResources;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every kernel moves what the table of {@link RowCases} allows, without a bank conflict and without
 * a spilled register. The same cases as {@code lockstep bench rows}, with smaller shapes.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Order(1) // takes long
class RowTrafficTests {
  /**
   * Small shapes that show the same as the large ones, by group:
   *
   * <ul>
   *   <li>norm: all rows, since a block of a persistent grid reads its weights once and writes one
   *       row of partial sums for all its rows; in bf16 so few columns that rows share a warp, in
   *       f32 two warps to a row, as in all that are longer
   *   <li>loss: a block per row of cross-entropy, so that a few show all; its own vocabularies,
   *       since the row's length decides how it is read
   *   <li>activation, gate: every vector is alike; these fill some blocks
   *   <li>optimizer: a tensor as long as in the full run, of whole chunks and a part of one
   *   <li>other: rows are alike
   * </ul>
   */
  private static final Map<String, Sizes> SIZES =
      Map.of(
          "norm", sizes(16_384, 256L),
          "loss", sizes(8),
          "activation", sizes(16, 1024L),
          "gate", sizes(16, 1024L),
          "optimizer", sizes(1),
          "other", sizes(64));

  private static final Sizes SEVERAL_WARPS = sizes(16_384, 640L);

  /** The longest rows of the full run. */
  private static final Sizes LONG_NORMS = new Sizes(OptionalLong.of(16_384), List.of(4096L, 8192L));

  /** Held to nothing, because what it moves depends on the ids it is given. */
  private static final String WITHOUT_LIMIT = "embedding";

  /** The error function at the accuracy of f32 takes nearly as long as memory for 8 bytes. */
  private static final String ARITHMETIC = "gelu_erf forward f32 ";

  private final Device device = Devices.open("sim", DeviceOptions.defaults()).device();
  private final KernelBench bench = new KernelBench(device);
  private final KernelLibrary library = new KernelLibrary(device);

  @AfterAll
  void close() {
    library.close();
    bench.close();
    device.close();
  }

  private static Sizes sizes(long rows, Long... cols) {
    return new Sizes(OptionalLong.of(rows), List.of(cols));
  }

  static List<BenchCase> cases() {
    List<BenchCase> cases = new ArrayList<>();
    for (DType dtype : List.of(DType.BF16, DType.F32)) {
      SIZES.forEach(
          (group, sizes) -> {
            boolean norm = group.equals("norm") && dtype == DType.F32;
            cases.addAll(RowCases.of(List.of(group), dtype, norm ? SEVERAL_WARPS : sizes));
          });
    }
    return cases;
  }

  static List<BenchCase> longNorms() {
    return RowCases.of(List.of("norm"), DType.BF16, LONG_NORMS);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void movesNoMoreThanAllowed(BenchCase row) {
    BenchResult result = bench.measure(row);
    assertThat(result.misses()).as("%s", result).isEmpty();
    assertThat(row.limit().isPresent()).isEqualTo(!row.kernel().equals(WITHOUT_LIMIT));
    assertThat(result.traffic().orElseThrow().localSectors()).isZero();
    for (String gpu : List.of("a100", "h100")) {
      result.kernels().forEach(kernel -> assertThat(spills(kernel, gpu)).as(kernel).isZero());
      // Of shapes this small launches would limit all; of the rest only memory may.
      Bounds bounds = Bounds.of(result, GpuModel.named(gpu)).orElseThrow().without(LAUNCH);
      assertThat(bounds.isClear()).as(gpu).isEqualTo(!row.toString().startsWith(ARITHMETIC));
      assertThat(bounds.limiter()).isEqualTo(DRAM);
    }
  }

  @Tag("sweep")
  @ParameterizedTest
  @MethodSource("longNorms")
  void longRowsMoveNoMoreThanAllowed(BenchCase row) {
    movesNoMoreThanAllowed(row);
  }

  private int spills(String kernel, String gpu) {
    String architecture = GpuModel.named(gpu).capability().architecture();
    return library.resources(kernel, architecture).map(KernelResources::spillBytes).orElseThrow();
  }

  @Test
  void everyGroupIsThere() {
    assertThat(RowCases.all(DType.BF16, Sizes.defaults()).stream().map(BenchCase::group).distinct())
        .containsExactlyInAnyOrderElementsOf(SIZES.keySet());
  }
}
