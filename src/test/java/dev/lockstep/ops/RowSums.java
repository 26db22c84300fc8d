package dev.lockstep.ops;

/**
 * Sums in the order embedding.cu states: rows in chunks, chunks and what is left in eight parts.
 */
final class RowSums {
  private static final int CHUNK = 64;
  private static final int PARTS = 8;

  private RowSums() {}

  static float of(double[] rows) {
    if (rows.length <= CHUNK) {
      return chunk(rows, 0, rows.length);
    }
    int whole = rows.length / CHUNK;
    float total = 0;
    for (int part = 0; part < PARTS; part++) {
      float own = 0;
      for (int chunk = part; chunk < whole; chunk += PARTS) {
        own += chunk(rows, chunk * CHUNK, CHUNK);
      }
      for (int row = whole * CHUNK + part; row < rows.length; row += PARTS) {
        own += (float) rows[row];
      }
      total = part == 0 ? own : total + own;
    }
    return total;
  }

  private static float chunk(double[] rows, int from, int count) {
    float sum = 0;
    for (int row = from; row < from + count; row++) {
      sum += (float) rows[row];
    }
    return sum;
  }
}
