package dev.lockstep.profile.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.numeric.DType;
import dev.lockstep.ops.GemmTile;
import dev.lockstep.tensor.Shape;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is measured, the bytes it is measured against, and where it is held to a limit. */
class ProductSuiteTests {
  private static final long MIB = 1 << 20;

  /** A matrix of 1024 × 1024 in bf16 is 2 MiB. */
  @ParameterizedTest
  @CsvSource({
    // 16 columns and 16 rows of tiles, and what is written.
    "linear, forward, 64x64, 6, 66",
    "linear, backward_input, 64x64, 6, 66",
    // 8 and 8; the gradient is f32, read and written.
    "linear, forward, 128x128, 6, 34",
    "linear, backward_weight, 128x128, 12, 40",
    // 4 and 8.
    "linear, forward, 128x256, 6, 26",
    // z is written too, or written and read again.
    "linear_gelu_erf, training fused, 128x128, 8, 36",
    "linear_gelu_erf, inference apart, 128x128, 10, 38",
    // Three results; x is read once for two products, or twice.
    "swiglu, training fused, 64x64, 12, 102",
    "swiglu, training apart, 64x64, 16, 138",
  })
  void bytesComeFromTheShapeAndTheTile(
      String kernel, String pass, String tile, long fewest, long inTiles) {
    BenchCase row = find(suite(DType.BF16, 1024, 1024, 1024), kernel, pass, tile);
    assertThat(row.fewestBytes()).isEqualTo(fewest * MIB);
    assertThat(row.plannedBytes()).isEqualTo(inTiles * MIB);
    assertThat(row.limit()).hasValue(1.02);
  }

  /**
   * Of both halves the logits are written and read, in training their gradients too, and dWeight is
   * read and written; and 64 bytes for each row.
   */
  @ParameterizedTest
  @CsvSource({"forward, 4, 36", "forward+backward, 14, 120"})
  void aHeadInTwoChunksReadsItsWeightTwice(String pass, long fewest, long inTiles) {
    BenchCase row =
        find(suite(DType.BF16, 1024, 1024, 1024), "linear_cross_entropy", pass, "128x128");
    assertThat(row.fewestBytes()).isEqualTo(fewest * MIB);
    assertThat(row.plannedBytes()).isEqualTo(inTiles * MIB + 1024 * 64);
  }

  @Test
  void everyTileIsThereInEveryPassAndNothingTwice() {
    ProductSuite suite = suite(DType.F16, 1024, 1024, 1024);
    for (GemmTile tile : GemmTile.values()) {
      for (String pass : List.of("forward", "backward_input", "backward_weight")) {
        assertThat(find(suite, "linear", pass, tile.label()).dtype()).isEqualTo(DType.F16);
      }
    }
    assertThat(suite.cases()).extracting(BenchCase::toString).doesNotHaveDuplicates();
    assertThat(suite.cases())
        .containsAll(
            suite.fusions().stream().flatMap(f -> Stream.of(f.fused(), f.apart())).toList());
  }

  @Test
  void everyWayToMultiplyF32IsThere() {
    assertThat(suite(DType.F32, 1024, 1024, 1024).cases())
        .filteredOn(row -> row.group().equals("linear"))
        .extracting(row -> row.kernel() + " " + row.tile())
        .contains("linear 64x64", "linear_tf32x3 64x64", "linear_tf32 64x64", "linear_tf32 128x128")
        .doesNotContain("linear 128x128");
  }

  @Test
  void limitsHoldForWholeTilesOnly() {
    assertThat(forward(256, 1024).limit()).isPresent();
    assertThat(forward(255, 1024).limit()).isEmpty();
    assertThat(forward(256, 1032).limit()).isEmpty();
    ProductLimits whole = forward(256, 1024).product().orElseThrow();
    assertThat(whole.instructions()).hasValue(1.7);
    assertThat(whole.loopInstructions()).hasValue(1.5);
    assertThat(whole.tensorShare()).hasValue(0.9);
    assertThat(whole.warps()).isEqualTo(8);
    ProductLimits brief = forward(256, 1008).product().orElseThrow();
    assertThat(brief.instructions()).isEmpty();
    assertThat(brief.tensorShare()).hasValue(0.9);
    assertThat(forward(256, 240).product().orElseThrow().tensorShare()).isEmpty();
    assertThat(forward(255, 1024).product().orElseThrow().tensorShare()).isEmpty();
  }

  @Test
  void someMayBeChosen() {
    ProductSuite all = suite(DType.BF16, 1024, 1024, 1024);
    ProductSuite some = all.only(List.of("activated", "swiglu"), List.of("64x64"));
    assertThat(some.cases())
        .extracting(BenchCase::kernel)
        .containsOnly("linear_gelu_erf", "swiglu")
        .hasSize(8);
    assertThat(some.fusions()).hasSize(4);
    assertThat(all.only(List.of(), List.of())).isEqualTo(all);
  }

  @Test
  void unknownNamesListThoseThereAre() {
    ProductSuite suite = suite(DType.BF16, 1024, 1024, 1024);
    assertThatThrownBy(() -> suite.only(List.of("liner"), List.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("no matrix kernel \"liner\"; there are linear, ")
        .hasMessageContaining("; and groups of them: linear, activated, gated, head");
    assertThatThrownBy(() -> suite.only(List.of(), List.of("32x32")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith(
            "no kernels with tiles of \"32x32\"; there are 64x64, 128x128, 128x256");
  }

  private static BenchCase forward(long m, long k) {
    return find(suite(DType.BF16, m, 512, k), "linear", "forward", "128x128");
  }

  private static ProductSuite suite(DType dtype, long m, long n, long k) {
    return ProductSuite.of(dtype, List.of(Shape.of(m, n, k)));
  }

  private static BenchCase find(ProductSuite suite, String kernel, String pass, String tile) {
    return suite.cases().stream()
        .filter(row -> row.kernel().equals(kernel) && row.pass().equals(pass))
        .filter(row -> row.tile().equals(tile))
        .findFirst()
        .orElseThrow();
  }
}
