package dev.lockstep.simulator.sanitizer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.ptx.Instruction;
import dev.lockstep.simulator.execution.LaneAddresses;
import dev.lockstep.simulator.execution.LoweredKernel;
import dev.lockstep.simulator.op.Access;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is noted of lanes in equal steps at once is what comes out lane by lane. */
class ShadowCellTests {
  private static final int LANES = 32;
  private static final int BYTES = 4096;

  /** Cells of four bytes. */
  private static final int SHIFT = 2;

  private static final int CELLS = BYTES >>> SHIFT;
  private static final int FIRST = 1024;
  private static final int WARP = 2;
  private static final int SITE = 7;

  /** When the block met, and when it had started. */
  private static final int MET = 20;

  private static final int STARTED = 10;

  @ParameterizedTest(name = "steps of {0}, {1} bytes, lanes {2} to {3}")
  @CsvSource({
    "0, 4, 0, 32",
    "0, 16, 0, 32",
    "4, 4, 0, 32",
    "4, 4, 16, 16",
    "8, 8, 0, 32",
    "16, 16, 16, 16",
    "8, 4, 0, 32",
    "-4, 4, 0, 32",
    "68, 4, 0, 16"
  })
  void readsInStepsAreThoseOfTheirLanes(int stride, int bytes, int lane, int count) {
    CellReads rows = reads();
    CellReads lanes = reads();
    for (int time : new int[] {MET + 1, MET + 1, MET + 2}) {
      int first = FIRST + 16 * (time - MET);
      rows.row(WARP, first, stride, lane, count, bytes, time, SITE + time);
      int[] offsets = new int[LANES];
      int mask = 0;
      for (int i = 0; i < count; i++) {
        offsets[lane + i] = first + i * stride;
        mask |= 1 << lane + i;
      }
      lanes.lanes(WARP, offsets(offsets, mask, bytes), time, SITE + time);
    }
    for (int cell = 0; cell < CELLS; cell++) {
      assertThat(rows.readers(cell)).as("readers of cell %d", cell).isEqualTo(lanes.readers(cell));
      assertThat(rows.read(WARP, cell)).isEqualTo(lanes.read(WARP, cell));
    }
    assertThat(rows.readers(FIRST + 16 >>> SHIFT)).isNotZero();
  }

  /** Some of it was read before: by another warp since the block met, by this one before that. */
  private static CellReads reads() {
    CellReads reads = new CellReads(BYTES, SHIFT, 4);
    reads.settle(Record.last(MET));
    int[] all = new int[LANES];
    Arrays.setAll(all, i -> FIRST + 4 * i);
    reads.lanes(WARP, offsets(all, -1, 4), MET - 1, 1);
    reads.lanes(WARP + 1, offsets(all, 0xffff, 4), MET + 1, 2);
    return reads;
  }

  private static LaneOffsets offsets(int[] at, int mask, int bytes) {
    LaneOffsets lanes = new LaneOffsets();
    lanes.place(at, 0, mask, bytes);
    return lanes;
  }

  @ParameterizedTest(name = "steps of {0} and then {1}, {2} bytes")
  @CsvSource({"0, 0, 4", "4, 4, 4", "8, 8, 8", "16, 16, 16", "8, 8, 4", "4, -4, 4", "0, 4, 8"})
  void anyCellTooNewOrUnwrittenIsSeen(int lower, int upper, int bytes) {
    long[] at = new long[LANES];
    for (int i = 0; i < LANES; i++) {
      at[i] = i < 16 ? FIRST + (long) i * lower : FIRST + 16L * lower + (i - 16L) * upper;
    }
    LaneAddresses lanes = new LaneAddresses();
    lanes.look(at);
    for (long time : new long[] {STARTED, MET + 1}) {
      for (int lane = 0; lane < LANES; lane++) {
        for (int offset = (int) at[lane]; offset < at[lane] + bytes; offset += 4) {
          CellWrites cells = written();
          assertThat(cells.areSettled(lanes, 0, bytes)).isTrue();
          cells.set(offset >>> SHIFT, Record.at((int) time));
          assertThat(cells.areSettled(lanes, 0, bytes)).as("lane %d", lane).isFalse();
        }
      }
    }
  }

  @ParameterizedTest(name = "{1} by thread {2} at {0}, now a {3}: {4}")
  @CsvSource({
    // Written when the block met, or started, or before.
    "20, STORE, 3, LOAD, true",
    "20, ATOMIC, 900, STORE, true",
    "10, STORE, 3, LOAD, false",
    "10, STORE, 3, ATOMIC, false",
    "10, STORE, 3, STORE, true",
    // Since: by another warp, by another lane before and after all met, by the lane itself.
    "21, STORE, 3, LOAD, false",
    "21, STORE, 65, LOAD, true",
    "22, STORE, 65, STORE, true",
    "23, STORE, 65, LOAD, false",
    "23, STORE, 65, STORE, false",
    "23, STORE, 69, LOAD, true",
    "23, STORE, 69, STORE, true",
    // Atomic on both sides, or on one.
    "23, ATOMIC, 3, ATOMIC, true",
    "23, ATOMIC, 3, LOAD, false",
    "23, STORE, 3, ATOMIC, false",
    // A copy that nobody has waited for yet.
    "536870911, STORE, 69, LOAD, false"
  })
  void whatComesAfterAWriteIsSeen(
      int time, Access.Kind kind, int thread, Access.Kind now, boolean expected) {
    int[] at = new int[LANES];
    Arrays.setAll(at, i -> FIRST + 8 * i);
    for (int mask : new int[] {-1, 0x60, 0x20}) {
      CellWrites cells = written();
      cells.set(FIRST + 8 * 5 + 4 >>> SHIFT, Record.write(time, 0, site(kind)) + thread);
      LaneOffsets lanes = offsets(at, mask, 8);
      assertThat(cells.areOrdered(lanes, WARP, MET + 2, site(now))).isEqualTo(expected);
      assertThat(cells.areOrdered(offsets(at, ~0x20, 8), WARP, MET + 2, site(now))).isTrue();
      assertThat(cells.areSettled(lanes)).isEqualTo(time == MET);
      assertThat(cells.areFree(lanes)).isEqualTo(time <= MET);
    }
  }

  private static AccessSite site(Access.Kind kind) {
    LoweredKernel.Site place = new LoweredKernel.Site(1, "", "");
    boolean atomic = kind == Access.Kind.ATOMIC;
    Instruction in = new Instruction(null, "any", List.of(), List.of(), 1, "any", null);
    return new AccessSite(SITE, place, kind, atomic, false, false, in, new Company());
  }

  @ParameterizedTest(name = "{0} bytes")
  @CsvSource({"4", "8", "16"})
  void aRowIsStoredWhereTheBlockHasMetSince(int bytes) {
    int each = bytes >>> SHIFT;
    int first = FIRST >>> SHIFT;
    CellWrites cells = written();
    assertThat(cells.storeRow(FIRST, bytes, Record.at(MET + 1))).isTrue();
    for (int i = 0; i < LANES * each; i++) {
      assertThat(cells.get(first + i)).isEqualTo(Record.at(MET + 1) + i / each);
    }
    assertThat(cells.get(first - 1)).isEqualTo(Record.at(MET));
    assertThat(cells.get(first + LANES * each)).isEqualTo(Record.at(MET));
    assertThat(cells.storeRow(FIRST, bytes, Record.at(MET + 1))).isFalse();
  }

  @ParameterizedTest(name = "{0} bytes")
  @CsvSource({"4", "16"})
  void aRowThatIsStoredIsWritten(int bytes) {
    CellWrites cells = new CellWrites(LANES * bytes, SHIFT);
    cells.restart(Record.last(STARTED));
    cells.settle(Record.last(MET));
    cells.storeRow(0, bytes, Record.at(MET + 1));
    assertThat(cells.areWritten()).isTrue();
  }

  /** All of it was written when the block met. */
  private static CellWrites written() {
    CellWrites cells = new CellWrites(BYTES, SHIFT);
    cells.restart(Record.last(STARTED));
    cells.settle(Record.last(MET));
    for (int cell = 0; cell < CELLS; cell++) {
      cells.set(cell, Record.at(MET));
    }
    return cells;
  }
}
