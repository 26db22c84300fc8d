package dev.lockstep.ops;

import dev.lockstep.device.Dim3;
import dev.lockstep.device.Launch;

/**
 * The launches that sort rows by id and add up those with the same: digits of ids of at most eight
 * bits, from the lowest to the highest.
 *
 * @param keysPerBlock consecutive ids a block of the sort owns
 * @param blocks blocks of the sort
 * @param digits how many digits an id has
 * @param digitBits bits of a digit
 * @param chunks chunks of {@link #CHUNK} rows there can be
 */
record RowsByIdLaunch(long keysPerBlock, long blocks, int digits, int digitBits, long chunks) {
  /** Values a digit can have, and threads of a block. */
  static final int DIGIT_VALUES = 256;

  /** Rows that are added up one after the other. */
  static final int CHUNK = 64;

  /** Columns a thread adds up. */
  static final int COLUMNS = 4;

  /** What a block takes at once. */
  private static final long TILE = 1024;

  /** Each block reads the counts of all: more would cost more than they bring. */
  private static final long MAX_BLOCKS = 256;

  private static final int MAX_DIGIT_BITS = 8;
  private static final int ID_BITS = 31;

  /** Few chunks are the first of several of an id, and only those are work. */
  private static final long SLOTS_PER_BLOCK = 8;

  private static final int WARP = 32;
  private static final long MAX_COLUMN_BLOCKS = 1 << 10;

  /** The launches for {@code rows} ids below {@code vocab}: a function of the two alone. */
  static RowsByIdLaunch of(long rows, long vocab) {
    long tilesPerBlock = Math.ceilDiv(Math.ceilDiv(rows, TILE), MAX_BLOCKS);
    long keysPerBlock = tilesPerBlock * TILE;
    int bits = Math.clamp(Long.SIZE - Long.numberOfLeadingZeros(vocab - 1), 1, ID_BITS);
    int digits = Math.ceilDiv(bits, MAX_DIGIT_BITS);
    return new RowsByIdLaunch(
        keysPerBlock,
        Math.ceilDiv(rows, keysPerBlock),
        digits,
        Math.ceilDiv(bits, digits),
        Math.ceilDiv(rows, (long) CHUNK));
  }

  /** Of both kernels of the sort. */
  Launch sort() {
    return Launch.of(blocks, DIGIT_VALUES);
  }

  /** Of the kernel that adds up chunks: a block for some of them and each strip of columns. */
  Launch combine(long dim) {
    long strips = Math.min(Math.ceilDiv(dim, (long) WARP * COLUMNS), MAX_COLUMN_BLOCKS);
    long blocks = Math.ceilDiv(chunks, SLOTS_PER_BLOCK);
    return new Launch(new Dim3((int) blocks, (int) strips, 1), new Dim3(DIGIT_VALUES), 0);
  }

  int shift(int digit) {
    return digit * digitBits;
  }

  int mask() {
    return (1 << digitBits) - 1;
  }
}
