package dev.lockstep.simulator.intrinsic;

import static dev.lockstep.simulator.intrinsic.Fragment.Map.LANES;

/**
 * Which elements of a matrix the registers of the 32 lanes hold (PTX ISA 9.7.14.5, "Matrix
 * Fragments for mma.*").
 *
 * <p>With {@code g = lane / 4} and {@code t = lane % 4}, all shapes but one follow one pattern. Of
 * A, a register holds neighbours in row g, those of t before those of t + 1; further registers hold
 * row g + 8, then the columns behind, then, where A has 32 rows, the lower half. Of B, a register
 * holds neighbours in column g alike; further registers hold the rows behind, then the next eight
 * columns. Of C and D, elements 2t and 2t + 1 of row g come first, then row g + 8, then the next
 * 16×8 tile. The exception is {@code mma.m8n8k4} on f16: four products, each by eight lanes.
 *
 * <p>PTX leaves the fragments of {@code wmma} unspecified. Here they are those of the {@code mma}
 * instructions that GPUs make of them.
 */
public final class Fragment {
  /** Where an element is. */
  @FunctionalInterface
  interface Map {
    int LANES = 32;

    int at(int register, int part, int lane);
  }

  private final int registers;
  private final int perRegister;
  private final int[] rows;
  private final int[] columns;
  private final int[] places;

  private Fragment(
      int registers, int perRegister, Map row, Map column, int rowPitch, int columnPitch) {
    this.registers = registers;
    this.perRegister = perRegister;
    int size = registers * perRegister * LANES;
    rows = new int[size];
    columns = new int[size];
    places = new int[size];
    for (int i = 0; i < size; i++) {
      int register = i / LANES / perRegister;
      int part = i / LANES % perRegister;
      rows[i] = row.at(register, part, i % LANES);
      columns[i] = column.at(register, part, i % LANES);
      places[i] = rows[i] * rowPitch + columns[i] * columnPitch;
    }
  }

  /** Of A, m×k, with so many neighbours in a register. */
  public static Fragment a(int m, int k, int perRegister) {
    int halves = Math.min(m, 16) / 8;
    int width = 4 * perRegister;
    int perBlock = halves * (k / width);
    return new Fragment(
        Math.max(1, m / 16) * perBlock,
        perRegister,
        (r, part, lane) -> 16 * (r / perBlock) + 8 * (r % halves) + lane / 4,
        (r, part, lane) -> width * (r % perBlock / halves) + lane % 4 * perRegister + part,
        k,
        1);
  }

  /** Of B, k×n. Its {@link #place} counts along columns. */
  public static Fragment b(int k, int n, int perRegister) {
    int height = 4 * perRegister;
    int perTile = k / height;
    return new Fragment(
        n / 8 * perTile,
        perRegister,
        (r, part, lane) -> height * (r % perTile) + lane % 4 * perRegister + part,
        (r, part, lane) -> 8 * (r / perTile) + lane / 4,
        1,
        k);
  }

  /** Of C or D, m×n. */
  public static Fragment c(int m, int n, int perRegister) {
    int halves = Math.min(m, 16) / 8;
    int perTile = 2 * halves;
    int blocks = Math.max(1, m / 16);
    return new Fragment(
        blocks * (n / 8) * perTile / perRegister,
        perRegister,
        (r, part, lane) -> {
          int element = r * perRegister + part;
          return 16 * (element / perTile % blocks) + 8 * (element / 2 % halves) + lane / 4;
        },
        (r, part, lane) -> {
          int element = r * perRegister + part;
          return 8 * (element / perTile / blocks) + lane % 4 * 2 + element % 2;
        },
        n,
        1);
  }

  /** Of A of {@code mma.m8n8k4} on f16: four matrices 8×4, one above the other. */
  public static Fragment quadA(boolean columnMajor) {
    return new Fragment(
        2,
        2,
        (r, part, lane) -> 8 * quad(lane) + upper(lane) + (columnMajor ? 2 * r + part : lane % 4),
        (r, part, lane) -> columnMajor ? lane % 4 : 2 * r + part,
        4,
        1);
  }

  /** Of B of the same: four matrices 4×8, side by side. */
  public static Fragment quadB(boolean columnMajor) {
    return new Fragment(
        2,
        2,
        (r, part, lane) -> columnMajor ? 2 * r + part : lane % 4,
        (r, part, lane) -> 8 * quad(lane) + upper(lane) + (columnMajor ? lane % 4 : 2 * r + part),
        1,
        4);
  }

  /** Of C or D of the same, one above the other; f16 and f32 lie differently. */
  public static Fragment quadC(boolean half) {
    if (half) {
      return new Fragment(
          4,
          2,
          (r, part, lane) -> 8 * quad(lane) + upper(lane) + lane % 4,
          (r, part, lane) -> 2 * r + part,
          8,
          1);
    }
    return new Fragment(
        8,
        1,
        (r, part, lane) -> 8 * quad(lane) + upper(lane) + (lane & 1) + (r & 2),
        (r, part, lane) -> (r & 4) + (lane & 2) + (r & 1),
        8,
        1);
  }

  /** Registers of a lane. */
  public int registers() {
    return registers;
  }

  /** Elements in a register, the first in its lowest bits. */
  public int perRegister() {
    return perRegister;
  }

  /** Row of an element. */
  public int row(int register, int part, int lane) {
    return rows[index(register, part) + lane];
  }

  /** Column of an element. */
  public int column(int register, int part, int lane) {
    return columns[index(register, part) + lane];
  }

  /** Where an element stands when the matrix lies in an array without gaps. */
  public int place(int index) {
    return places[index];
  }

  /** What to add a lane to for {@link #place}. */
  public int index(int register, int part) {
    return (register * perRegister + part) * LANES;
  }

  private static int quad(int lane) {
    return lane / 4 % 4;
  }

  private static int upper(int lane) {
    return lane / 16 * 4;
  }
}
