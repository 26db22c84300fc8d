package dev.lockstep.ops;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.device.Device;
import dev.lockstep.device.Dim3;
import dev.lockstep.numeric.DType;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What every op promises, whatever it computes: the right numbers, at addresses without alignment
 * too; the same bits again, on another number of workers, and for a row alone as in a batch;
 * nothing written beside the outputs. One subclass for each op says what is computed, and one below
 * it for each device where.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class OpTests {
  static final List<DType> TYPES = List.of(DType.F32, DType.F16, DType.BF16);

  private OpBench bench;
  private OpBench lonely;

  /** Opens the device under test; {@code workers} is a hint that never changes a result. */
  abstract Device open(int workers);

  /** Calls whose results are known. */
  abstract Stream<OpCase> cases();

  /** Calls whose rows can be taken apart; none for an op that has no rows. */
  Stream<RowCase> rowCases() {
    return Stream.of();
  }

  /** Calls that give the same bits with any grid; none for an op whose kernels need theirs. */
  Stream<OpCase> gridCases() {
    return Stream.of();
  }

  /** Whether a kernel that {@link #gridCases} launch may have another grid. */
  boolean takesAnyGrid(String kernel) {
    return true;
  }

  @BeforeAll
  void openDevices() {
    bench = new OpBench(open(2));
    lonely = new OpBench(open(1));
  }

  @AfterAll
  void closeDevices() {
    bench.close();
    lonely.close();
  }

  /** The device most tests share. */
  OpBench bench() {
    return bench;
  }

  @ParameterizedTest
  @MethodSource("cases")
  void theNumbersAreRightAndTheBitsAlwaysTheSame(OpCase op) {
    Map<String, GuardedMemory.Output> outputs = run(bench, op, 0);
    assertNumbers(op, outputs);
    assertSameBits("again, with one worker", outputs, run(lonely, op, 0));
    // Without alignment vectors are no longer possible and sums may take another order.
    assertNumbers(op, run(bench, op, 1));
  }

  @ParameterizedTest(allowZeroInvocations = true)
  @MethodSource("gridCases")
  void theBitsDependOnNoGrid(OpCase op) {
    Map<String, GuardedMemory.Output> outputs = run(bench, op, 0);
    assertNumbers(op, outputs);
    for (UnaryOperator<Dim3> grid :
        List.<UnaryOperator<Dim3>>of(OtherGrids::one, OtherGrids::more)) {
      try (OpBench other = new OpBench(new OtherGrids(open(2), this::takesAnyGrid, grid))) {
        assertSameBits("with another grid", outputs, run(other, op, 0));
      }
    }
  }

  @ParameterizedTest(allowZeroInvocations = true)
  @MethodSource("rowCases")
  void aRowAloneHasTheBitsItHasInABatch(RowCase op) {
    Map<String, GuardedMemory.Output> batch = run(bench, op, 0, op.rows());
    for (int row : new int[] {0, 1, op.rows() / 2, op.rows() - 1}) {
      Map<String, GuardedMemory.Output> alone = run(bench, op, row, 1);
      alone.forEach(
          (name, output) ->
              assertThat(output.bytes())
                  .as("%s of row %d alone", name, row)
                  .isEqualTo(output(batch, name).rows(row, 1)));
    }
  }

  /** What a call writes, after all checks of what it must not. */
  static Map<String, GuardedMemory.Output> run(OpBench bench, OpCase op, int shift) {
    try (GuardedMemory memory = new GuardedMemory(bench.device, bench.stream, shift)) {
      op.call().run(bench, memory);
      return memory.finish();
    }
  }

  private static Map<String, GuardedMemory.Output> run(
      OpBench bench, RowCase op, int from, int count) {
    try (GuardedMemory memory = new GuardedMemory(bench.device, bench.stream, 0)) {
      op.call().run(bench, memory, from, count);
      return memory.finish();
    }
  }

  static GuardedMemory.Output output(Map<String, GuardedMemory.Output> outputs, String name) {
    return Objects.requireNonNull(outputs.get(name), () -> "no output " + name);
  }

  static void assertNumbers(OpCase op, Map<String, GuardedMemory.Output> outputs) {
    assertThat(op.expected()).isNotEmpty();
    op.expected()
        .forEach((name, expected) -> assertClose(name, output(outputs, name).values(), expected));
  }

  /** NaN where NaN is expected, infinities alike, everything else within the tolerance. */
  private static void assertClose(String name, double[] got, OpCase.Expected expected) {
    assertThat(got).as(name).hasSameSizeAs(expected.values());
    for (int i = 0; i < got.length; i++) {
      double want = expected.values()[i];
      boolean close =
          Double.isFinite(want)
              ? Math.abs(got[i] - want) <= expected.tolerance()
              : Double.compare(got[i], want) == 0;
      if (!close) {
        throw new AssertionError(
            "%s[%d] is %s, expected %s within %s (off by %s)"
                .formatted(name, i, got[i], want, expected.tolerance(), got[i] - want));
      }
    }
  }

  private static void assertSameBits(
      String when, Map<String, GuardedMemory.Output> one, Map<String, GuardedMemory.Output> other) {
    assertThat(other.keySet()).isEqualTo(one.keySet());
    one.forEach(
        (name, output) ->
            assertThat(output(other, name).bytes())
                .as("%s, %s", name, when)
                .isEqualTo(output.bytes()));
  }
}
