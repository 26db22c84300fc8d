package dev.lockstep.simulator.instruction;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.device.Dim3;
import dev.lockstep.device.KernelModule;
import java.util.List;
import java.util.function.IntBinaryOperator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * {@code mma} and {@code ldmatrix} through PTX: that each register of each lane holds the elements
 * the PTX manual draws. Elements are small integers, so no order of summation matters; the order
 * itself is tested with the intrinsic.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class MatrixInstructionTests {
  private static final int LANES = 32;

  private InstructionRunner runner;

  @BeforeAll
  void open() {
    runner = new InstructionRunner("sim");
  }

  @AfterAll
  void close() {
    runner.close();
  }

  @ParameterizedTest
  @CsvSource({"bf16, 16", "bf16, 8", "f16, 16", "f16, 8"})
  void multiplies(String type, int k) {
    boolean bf16 = type.equals("bf16");
    IntBinaryOperator a = (row, column) -> (row * 3 + column * 5) % 17 - 8;
    IntBinaryOperator b = (row, column) -> (row * 7 + column * 2) % 13 - 6;
    int wordsOfA = k / 4;
    int wordsOfB = k / 8;
    int slots = wordsOfA + wordsOfB + 4;
    long[] operands = new long[LANES * slots];
    for (int lane = 0; lane < LANES; lane++) {
      int at = lane * slots;
      for (int r = 0; r < wordsOfA; r++) {
        int row = lane / 4 + 8 * (r % 2);
        int column = lane % 4 * 2 + 8 * (r / 2);
        operands[at++] = pair(bf16, a.applyAsInt(row, column), a.applyAsInt(row, column + 1));
      }
      for (int r = 0; r < wordsOfB; r++) {
        int row = lane % 4 * 2 + 8 * r;
        int column = lane / 4;
        operands[at++] = pair(bf16, b.applyAsInt(row, column), b.applyAsInt(row + 1, column));
      }
      for (int r = 0; r < 4; r++) {
        operands[at++] = floatBits(addend(rowOfC(lane, r), columnOfC(lane, r)));
      }
    }
    String form = "mma.sync.aligned.m16n8k%d.row.col.f32.%s.%s.f32".formatted(k, type, type);
    long[] d = run(form, operands, 4);
    for (int lane = 0; lane < LANES; lane++) {
      for (int r = 0; r < 4; r++) {
        int row = rowOfC(lane, r);
        int column = columnOfC(lane, r);
        int expected = addend(row, column);
        for (int l = 0; l < k; l++) {
          expected += a.applyAsInt(row, l) * b.applyAsInt(l, column);
        }
        assertThat(Float.intBitsToFloat((int) d[lane * 4 + r]))
            .as("D[%d][%d] in lane %d", row, column, lane)
            .isEqualTo(expected);
      }
    }
  }

  /**
   * Matrix m, row r comes from lane 8m + r, which stores the eight halves that follow {@code 8 *
   * lane}; so element c of it is {@code 64m + 8r + c}.
   */
  @ParameterizedTest
  @CsvSource({"1, false", "2, false", "4, false", "1, true", "2, true", "4, true"})
  void loadsMatrices(int count, boolean transposed) {
    long[] operands = new long[LANES * 2];
    for (int lane = 0; lane < LANES; lane++) {
      operands[2 * lane] = halves(8 * lane);
      operands[2 * lane + 1] = halves(8 * lane + 4);
    }
    String form =
        "ldmatrix.sync.aligned.m8n8.x%d%s.shared.b16".formatted(count, transposed ? ".trans" : "");
    long[] d = run(form, operands, count);
    for (int lane = 0; lane < LANES; lane++) {
      for (int m = 0; m < count; m++) {
        int row = lane / 4;
        int column = lane % 4 * 2;
        int lower = 64 * m + (transposed ? 8 * column + row : 8 * row + column);
        int upper = lower + (transposed ? 8 : 1);
        assertThat((int) d[lane * count + m])
            .as("matrix %d in lane %d", m, lane)
            .isEqualTo(upper << 16 | lower);
      }
    }
  }

  private long[] run(String form, long[] operands, int results) {
    try (KernelModule module = runner.load(InstructionFile.named(form))) {
      return runner.run(module, new Dim3(1), new Dim3(LANES), operands, List.of(), LANES * results);
    }
  }

  private static int rowOfC(int lane, int register) {
    return lane / 4 + 8 * (register / 2);
  }

  private static int columnOfC(int lane, int register) {
    return lane % 4 * 2 + register % 2;
  }

  private static int addend(int row, int column) {
    return 100 * row - 7 * column;
  }

  private static long halves(int first) {
    long word = 0;
    for (int i = 3; i >= 0; i--) {
      word = word << 16 | (first + i);
    }
    return word;
  }

  private static long pair(boolean bf16, int lower, int upper) {
    return half(bf16, upper) << 16 | half(bf16, lower);
  }

  /** Small integers are exact in both formats. */
  private static long half(boolean bf16, int value) {
    return bf16 ? floatBits(value) >>> 16 : Float.floatToFloat16(value) & 0xffffL;
  }

  private static long floatBits(float value) {
    return Integer.toUnsignedLong(Float.floatToRawIntBits(value));
  }
}
