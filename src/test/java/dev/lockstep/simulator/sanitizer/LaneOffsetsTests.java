package dev.lockstep.simulator.sanitizer;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import java.util.function.IntUnaryOperator;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Lanes and cells as sets of 64 bits and as marks, held to sets that know everything. */
class LaneOffsetsTests {
  private static final int LANES = 32;
  private static final int BYTES = 1 << 12;

  @Test
  void idleLanesStandForTheLastActiveOne() {
    LaneOffsets lanes = lanes(i -> 4 * i, 0b101100, 4);
    assertThat(lanes.at).containsOnly(8, 12, 20).endsWith(20);
    assertThat(lanes.lane).containsOnly(2, 3, 5).startsWith(5, 5, 2, 3, 5);
    assertThat(lanes.low()).isEqualTo(8);
    assertThat(lanes.end()).isEqualTo(24);
  }

  @Test
  void addressesFarAwayAreIllegal() {
    LaneOffsets lanes = new LaneOffsets();
    for (long far : new long[] {1L << 32, -(1L << 32), 1L << 31, -1}) {
      long[] at = new long[LANES];
      at[7] = far;
      lanes.place(at, 0, -1, 4);
      assertThat(lanes.areLegal(BYTES)).as("%x", far).isFalse();
      lanes.place(at, 0, ~(1 << 7), 4);
      assertThat(lanes.areLegal(BYTES)).as("without %x", far).isTrue();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 5, 8, 31, 32, 33})
  void partnersInTreesAreSeenToBeApart(int step) {
    LaneOffsets left = lanes(i -> 4 * step * 2 * i, -1, 4);
    LaneOffsets right = lanes(i -> 4 * step * (2 * i + 1), -1, 4);
    assertThat(left.areApart()).isTrue();
    assertThat(left.areApartFrom(right)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 4, 8, 16, 32})
  void partnersInButterfliesAreSeenToBeApart(int distance) {
    LaneOffsets low = lanes(i -> 4 * (2 * i - i % distance), -1, 4);
    LaneOffsets high = lanes(i -> 4 * (2 * i - i % distance + distance), -1, 4);
    assertThat(low.areApart()).isTrue();
    assertThat(low.areApartFrom(high)).isTrue();
  }

  @RepeatedTest(200)
  void whatIsEasilyToldIsTrue(RepetitionInfo info) {
    Random random = new Random(info.getCurrentRepetition());
    LaneOffsets a = any(random);
    LaneOffsets b = random.nextInt(3) == 0 ? some(a, random) : any(random);
    CellMarks marks = new CellMarks(BYTES, 1);
    boolean apart = isApart(a);
    assertThat(marks.mark(a)).isEqualTo(apart);
    assertThat(marks.haveAny(b)).isEqualTo(!isApartFrom(a, b));
    assertThat(a.areApart()).isIn(false, apart);
    assertThat(a.areApartFrom(b)).isIn(false, isApartFrom(a, b));
    if (apart) {
      assertThat(marks.haveOthers(b)).isEqualTo(meetsAnotherLane(a, b));
    }
    if (apart && isApart(b) && a.areAmong(b)) {
      assertThat(meetsAnotherLane(a, b)).isFalse();
    }
  }

  /** In steps, or not, of some lanes. */
  private static LaneOffsets any(Random random) {
    int size = 2 << random.nextInt(3);
    int step = size * (random.nextInt(4) == 0 ? 0 : 1 << random.nextInt(5));
    int first = size * random.nextInt(16);
    boolean regular = random.nextBoolean();
    int mask = random.nextInt() | 1 << random.nextInt(LANES);
    int[] more = random.ints(LANES, 0, 8).map(x -> x * size).toArray();
    return lanes(
        i -> (first + i * step + (regular ? 0 : more[i])) % (BYTES - 64),
        random.nextBoolean() ? mask : -1,
        size);
  }

  private static LaneOffsets some(LaneOffsets of, Random random) {
    int mask = of.mask() & random.nextInt() | 1 << Integer.numberOfTrailingZeros(of.mask());
    return lanes(i -> of.at[i], mask, of.size());
  }

  private static LaneOffsets lanes(IntUnaryOperator at, int mask, int size) {
    int[] offsets = new int[LANES];
    Arrays.setAll(offsets, at);
    LaneOffsets lanes = new LaneOffsets();
    lanes.place(offsets, 0, mask, size);
    return lanes;
  }

  private static Set<Integer> bytes(LaneOffsets lanes, int lane) {
    Set<Integer> bytes = new HashSet<>();
    for (int i = 0; i < lanes.size() && (lanes.mask() >>> lane & 1) != 0; i++) {
      bytes.add(lanes.at[lane] + i);
    }
    return bytes;
  }

  private static boolean isApart(LaneOffsets lanes) {
    Set<Integer> all = new HashSet<>();
    for (int lane = 0; lane < LANES; lane++) {
      all.addAll(bytes(lanes, lane));
    }
    return all.size() == lanes.size() * Integer.bitCount(lanes.mask());
  }

  private static boolean isApartFrom(LaneOffsets a, LaneOffsets b) {
    Set<Integer> all = new HashSet<>();
    for (int lane = 0; lane < LANES; lane++) {
      all.addAll(bytes(a, lane));
    }
    for (int lane = 0; lane < LANES; lane++) {
      if (bytes(b, lane).stream().anyMatch(all::contains)) {
        return false;
      }
    }
    return true;
  }

  /** Whether a lane of one accesses what another lane of the other does. */
  private static boolean meetsAnotherLane(LaneOffsets a, LaneOffsets b) {
    for (int i = 0; i < LANES; i++) {
      for (int j = 0; j < LANES; j++) {
        Set<Integer> common = bytes(a, i);
        common.retainAll(bytes(b, j));
        if (i != j && !common.isEmpty()) {
          return true;
        }
      }
    }
    return false;
  }
}
