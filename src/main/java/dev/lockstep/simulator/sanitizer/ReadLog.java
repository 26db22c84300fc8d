package dev.lockstep.simulator.sanitizer;

import java.util.Arrays;

/**
 * What the warps of a block read from shared memory since all of them met last, not yet noted place
 * by place: most of it never has to be, as nobody writes there before they meet again.
 */
final class ReadLog {
  /** Entries kept by warp. One more is working space. */
  private static final int CAPACITY = 64;

  private static final int LANES = 32;

  /** By warp: 32 offsets an entry. */
  private final int[][] offsets;

  private final int[][] masks;
  private final int[][] bytes;
  private final int[][] times;
  private final int[][] sites;
  private final int[] count;

  /** Takes an entry that is no longer kept. */
  @FunctionalInterface
  interface Sink {
    void read(int warp, int[] offsets, int base, int mask, int bytes, int time, int site);
  }

  ReadLog(int warps) {
    offsets = new int[warps][(CAPACITY + 1) * LANES];
    masks = new int[warps][CAPACITY];
    bytes = new int[warps][CAPACITY];
    times = new int[warps][CAPACITY];
    sites = new int[warps][CAPACITY];
    count = new int[warps];
  }

  /** Where an access may put its offsets: from {@link #base} on. */
  int[] offsets(int warp) {
    return offsets[warp];
  }

  int base(int warp) {
    return count[warp] * LANES;
  }

  /** Keeps what was put at {@link #base}; true when there is no room for another. */
  boolean add(int warp, int mask, int size, int time, int site) {
    int n = count[warp]++;
    masks[warp][n] = mask;
    bytes[warp][n] = size;
    times[warp][n] = time;
    sites[warp][n] = site;
    return n + 1 == CAPACITY;
  }

  void drain(int warp, Sink sink) {
    int n = count[warp];
    count[warp] = 0;
    for (int i = 0; i < n; i++) {
      sink.read(
          warp,
          offsets[warp],
          i * LANES,
          masks[warp][i],
          bytes[warp][i],
          times[warp][i],
          sites[warp][i]);
    }
  }

  void drainAll(Sink sink) {
    for (int w = 0; w < count.length; w++) {
      drain(w, sink);
    }
  }

  void clear() {
    Arrays.fill(count, 0);
  }
}
