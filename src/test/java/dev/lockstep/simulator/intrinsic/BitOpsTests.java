package dev.lockstep.simulator.intrinsic;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Bit fields against the manual's own loops over single bits. */
class BitOpsTests {
  private static final int[] POSITIONS =
      IntStream.concat(IntStream.rangeClosed(0, 66), IntStream.of(127, 255, 256, 257, -1))
          .toArray();

  @Test
  void extractionOfWords() {
    Random random = new Random(1);
    for (int start : POSITIONS) {
      for (int length : POSITIONS) {
        int a = random.nextInt();
        assertThat(BitOps.extractSigned(a, start, length))
            .as("bfe.s32 %x, %d, %d", a, start, length)
            .isEqualTo((int) extract(a, start, length, 31, true));
        assertThat(BitOps.extractUnsigned(a, start, length))
            .as("bfe.u32 %x, %d, %d", a, start, length)
            .isEqualTo((int) extract(a, start, length, 31, false));
      }
    }
  }

  @Test
  void extractionOfDoubleWords() {
    Random random = new Random(2);
    for (int start : POSITIONS) {
      for (int length : POSITIONS) {
        long a = random.nextLong();
        assertThat(BitOps.extractSigned(a, start, length))
            .as("bfe.s64 %x, %d, %d", a, start, length)
            .isEqualTo(extract(a, start, length, 63, true));
        assertThat(BitOps.extractUnsigned(a, start, length))
            .as("bfe.u64 %x, %d, %d", a, start, length)
            .isEqualTo(extract(a, start, length, 63, false));
      }
    }
  }

  @Test
  void insertion() {
    Random random = new Random(3);
    for (int start : POSITIONS) {
      for (int length : POSITIONS) {
        long a = random.nextLong();
        long b = random.nextLong();
        assertThat(BitOps.insert((int) a, (int) b, start, length))
            .as("bfi.b32 %d, %d", start, length)
            .isEqualTo((int) insert(a, b, start, length, 31));
        assertThat(BitOps.insert(a, b, start, length))
            .as("bfi.b64 %d, %d", start, length)
            .isEqualTo(insert(a, b, start, length, 63));
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    // a, u32, s32, shiftamt.u32, shiftamt.s32
    "0, -1, -1, -1, -1",
    "1, 0, 0, 31, 31",
    "-1, 31, -1, 0, -1",
    "-2147483648, 31, 30, 0, 1",
    "2147483647, 30, 30, 1, 1",
    "-256, 31, 7, 0, 24"
  })
  void searches(int a, int u32, int s32, int shiftU, int shiftS) {
    assertThat(BitOps.findUnsigned(a)).isEqualTo(u32);
    assertThat(BitOps.findSigned(a)).isEqualTo(s32);
    assertThat(BitOps.shiftAmount(u32, 32)).isEqualTo(shiftU);
    assertThat(BitOps.shiftAmount(s32, 32)).isEqualTo(shiftS);
  }

  @ParameterizedTest
  @CsvSource({
    "0, -1, -1",
    "1, 0, 0",
    "-1, 63, -1",
    "4294967296, 32, 32",
    "-9223372036854775808, 63, 62"
  })
  void searchesInDoubleWords(long a, int u64, int s64) {
    assertThat(BitOps.findUnsigned(a)).isEqualTo(u64);
    assertThat(BitOps.findSigned(a)).isEqualTo(s64);
  }

  @ParameterizedTest
  @CsvSource({
    // selectors, result for a = 80112233 (bytes 3..0), b = 44556677 (bytes 7..4)
    "3210, 80112233",
    "7654, 44556677",
    "0000, 33333333",
    "0123, 33221180",
    "5410, 66772233",
    "b210, ff112233",
    "ffff, 00000000",
    "fb30, 00ff8033",
    "12345, 11807766"
  })
  void permutationByNibbles(String selectors, String expected) {
    int c = Integer.parseInt(selectors, 16);
    assertThat("%08x".formatted(BitOps.permute(0x80112233, 0x44556677, c))).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({
    // results for c = 0, 1, 2, 3 of a = 33221100, b = 77665544: byte n is nn
    "F4E, 33221100, 44332211, 55443322, 66554433", "B4E, 55667700, 66770011, 77001122, 00112233",
    "RC8, 00000000, 11111111, 22222222, 33333333", "ECL, 33221100, 33221111, 33222222, 33333333",
    "ECR, 00000000, 11111100, 22221100, 33221100", "RC16, 11001100, 33223322, 11001100, 33223322"
  })
  void permutationModes(BitOps.PermuteMode mode, String c0, String c1, String c2, String c3) {
    String[] expected = {c0, c1, c2, c3};
    for (int c = 0; c < 4; c++) {
      int got = BitOps.permute(0x33221100, 0x77665544, c | 0x10, mode);
      assertThat("%08x".formatted(got)).isEqualTo(expected[c]);
    }
  }

  @ParameterizedTest
  @CsvSource({
    // width, s32.clamp, s32.wrap, u32.clamp, u32.wrap of 0x8765f4a3
    "0, 0, 0, 0, 0",
    "4, 3, 3, 3, 3",
    "8, ffffffa3, ffffffa3, a3, a3",
    "31, 765f4a3, 765f4a3, 765f4a3, 765f4a3",
    "32, 8765f4a3, 0, 8765f4a3, 0",
    "40, 8765f4a3, ffffffa3, 8765f4a3, a3"
  })
  void extensions(int width, String sClamp, String sWrap, String uClamp, String uWrap) {
    int a = 0x8765f4a3;
    assertThat(Integer.toHexString(BitOps.signExtend(a, width, true))).isEqualTo(sClamp);
    assertThat(Integer.toHexString(BitOps.signExtend(a, width, false))).isEqualTo(sWrap);
    assertThat(Integer.toHexString(BitOps.zeroExtend(a, width, true))).isEqualTo(uClamp);
    assertThat(Integer.toHexString(BitOps.zeroExtend(a, width, false))).isEqualTo(uWrap);
  }

  private static long extract(long a, int start, int length, int msb, boolean signed) {
    int pos = start & 0xff;
    int len = length & 0xff;
    boolean fill = signed && len != 0 && (a >>> Math.min(pos + len - 1, msb) & 1) != 0;
    long d = fill ? -1L : 0;
    for (int i = 0; i <= msb; i++) {
      boolean bit = i < len && pos + i <= msb ? (a >>> (pos + i) & 1) != 0 : fill;
      d = bit ? d | 1L << i : d & ~(1L << i);
    }
    return d;
  }

  private static long insert(long a, long b, int start, int length, int msb) {
    int pos = start & 0xff;
    int len = length & 0xff;
    long d = b;
    for (int i = 0; i < len && pos + i <= msb; i++) {
      long bit = 1L << (pos + i);
      d = (a >>> i & 1) != 0 ? d | bit : d & ~bit;
    }
    return d;
  }
}
