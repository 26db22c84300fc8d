package dev.lockstep.profile.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.numeric.DType;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is measured by default is what was asked for, against the bytes that were agreed. */
class RowCasesTests {
  private static final List<BenchCase> CASES = RowCases.all(DType.BF16, Sizes.defaults());

  /** Bytes per element of the shape, and the limit. */
  @ParameterizedTest
  @CsvSource({
    "layernorm, forward, 16384x1024, 4, 1.10",
    "layernorm, forward+residual, 16384x4096, 8, 1.10",
    "layernorm, backward, 16384x8192, 6, 1.15",
    "rmsnorm, forward, 16384x8192, 4, 1.10",
    "rmsnorm, forward+residual, 16384x1024, 8, 1.10",
    "rmsnorm, backward, 16384x4096, 6, 1.15",
    "rmsnorm, backward+residual, 16384x4096, 8, 1.15",
    "cross_entropy, forward+backward, 512x32000, 4, 1.03",
    "cross_entropy, forward+backward, 512x128256, 6, 1.03",
    "gelu_erf, forward, 16384x1024, 4, 1.00",
    "silu, backward, 16384x8192, 6, 1.00",
    "glu_silu, forward, 16384x4096, 6, 1.00",
    "glu_gelu_tanh, backward, 16384x4096, 10, 1.00",
    "glu_silu_clamped, backward+h, 16384x8192, 12, 1.00",
    "gelu_erf, forward fast, 16384x8192, 4, 1.00",
    "gradient_norm, norm, 64x1000000, 2, 1.02",
    "adamw, step, 64x1000000, 30, 1.02",
    "adam, step, 64x1000000, 30, 1.02",
    "sgd, step, 64x1000000, 14, 1.02",
    "sgd_momentum, step, 64x1000000, 22, 1.02",
    "clip_gradients, in place, 64x1000000, 4, 1.02",
    "bce_with_logits, forward+backward, 16384x1024, 6, 1.03",
    "squared_error, forward+backward, 16384x1024, 6, 1.03",
    "dropout, forward+residual, 16384x4096, 6, 1.05",
    "dropout, backward, 16384x4096, 4, 1.05",
    "softmax, forward, 16384x4096, 4, 1.00",
    "log_softmax, backward, 16384x4096, 6, 1.00",
    "cast, to f32, 16384x4096, 6, 1.00",
    "cast, from f32, 16384x4096, 6, 1.00",
  })
  void movesTheBytesAgreedOn(
      String kernel, String pass, String extents, long bytesPerElement, double limit) {
    BenchCase row = find(kernel, pass, extents);
    assertThat(row.fewestBytes()).isEqualTo(bytesPerElement * row.elements());
    assertThat(row.minimalSectors()).isEqualTo(row.fewestBytes() / 32);
    assertThat(row.limit()).hasValue(limit);
  }

  @Test
  void noCaseIsThereTwice() {
    assertThat(CASES).extracting(BenchCase::toString).doesNotHaveDuplicates();
    assertThat(CASES).extracting(BenchCase::kernel).doesNotContainAnyElementsOf(groups());
  }

  @Test
  void fullPrecisionNeedsNoCopyOfTheWeights() {
    List<BenchCase> cases = RowCases.of(List.of("adamw"), DType.F32, Sizes.defaults());
    assertThat(cases).hasSize(1);
    assertThat(cases.getFirst().fewestBytes()).isEqualTo(28L * 64 * 1_000_000);
  }

  /** 163 KiB of shared memory hold 83,456 elements of bf16 and half as many of f32. */
  @Test
  void aRowThatFitsOnTheChipMovesTwiceALongerOneThreeTimes() {
    assertThat(lossBytes(DType.BF16, 83_456)).isEqualTo(2 * 2 * 83_456);
    assertThat(lossBytes(DType.BF16, 83_457)).isEqualTo(3 * 2 * 83_457);
    assertThat(lossBytes(DType.F32, 41_728)).isEqualTo(2 * 4 * 41_728);
    assertThat(lossBytes(DType.F32, 41_729)).isEqualTo(3 * 4 * 41_729);
  }

  private static long lossBytes(DType dtype, long cols) {
    Sizes sizes = new Sizes(OptionalLong.of(1), List.of(cols));
    return RowCases.of(List.of("cross_entropy"), dtype, sizes).getFirst().fewestBytes();
  }

  @Test
  void otherSizesReplaceEveryKernelsOwn() {
    Sizes sizes = new Sizes(OptionalLong.of(7), List.of(48L, 33L));
    assertThat(RowCases.of(List.of("rmsnorm", "cross_entropy"), DType.F16, sizes))
        .extracting(BenchCase::extents)
        .containsOnly("7x48", "7x33");
    assertThat(
            RowCases.of(
                List.of("cross_entropy"), DType.F16, new Sizes(OptionalLong.of(7), List.of())))
        .extracting(BenchCase::extents)
        .containsExactly("7x32000", "7x128256");
  }

  @Test
  void limitsHoldWhereRowsBeginAtASectorAndNormsHaveEnoughOfThem() {
    assertThat(limit("gelu_erf", 8, 48)).hasValue(1.00);
    assertThat(limit("gelu_erf", 8, 49)).isEmpty();
    assertThat(limit("rmsnorm", 16_384, 48)).hasValue(1.10);
    assertThat(limit("rmsnorm", 16_383, 48)).isEmpty();
  }

  private static OptionalDouble limit(String kernel, long rows, long cols) {
    Sizes sizes = new Sizes(OptionalLong.of(rows), List.of(cols));
    return RowCases.of(List.of(kernel), DType.BF16, sizes).getFirst().limit();
  }

  @Test
  void anUnknownNameListsThoseThereAre() {
    assertThatThrownBy(() -> RowCases.of(List.of("adamw", "adamv"), DType.F32, Sizes.defaults()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("no row kernel \"adamv\"; there are layernorm, rmsnorm, ")
        .hasMessageEndingWith("; and groups of them: " + String.join(", ", groups()));
  }

  private static List<String> groups() {
    return CASES.stream().map(BenchCase::group).distinct().toList();
  }

  private static BenchCase find(String kernel, String pass, String extents) {
    return CASES.stream()
        .filter(
            row ->
                row.kernel().equals(kernel)
                    && row.pass().equals(pass)
                    && row.extents().equals(extents))
        .findFirst()
        .orElseThrow();
  }
}
