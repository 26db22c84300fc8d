package dev.lockstep.data;

import dev.lockstep.numeric.CounterRandom;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPOutputStream;

/** Images of digits that tests make themselves: each moved, dimmed and strewn with noise. */
public final class Glyphs {
  private static final int HEIGHT = 7;
  private static final int WIDTH = 5;

  /** Rows of five dots each, from the top. */
  private static final int[][] FONT = {
    {0b01110, 0b10001, 0b10011, 0b10101, 0b11001, 0b10001, 0b01110},
    {0b00100, 0b01100, 0b00100, 0b00100, 0b00100, 0b00100, 0b01110},
    {0b01110, 0b10001, 0b00001, 0b00010, 0b00100, 0b01000, 0b11111},
    {0b11111, 0b00010, 0b00100, 0b00010, 0b00001, 0b10001, 0b01110},
    {0b00010, 0b00110, 0b01010, 0b10010, 0b11111, 0b00010, 0b00010},
    {0b11111, 0b10000, 0b11110, 0b00001, 0b00001, 0b10001, 0b01110},
    {0b00110, 0b01000, 0b10000, 0b11110, 0b10001, 0b10001, 0b01110},
    {0b11111, 0b00001, 0b00010, 0b00100, 0b01000, 0b01000, 0b01000},
    {0b01110, 0b10001, 0b10001, 0b01110, 0b10001, 0b10001, 0b01110},
    {0b01110, 0b10001, 0b10001, 0b01111, 0b00001, 0b00010, 0b01100},
  };

  private Glyphs() {}

  /** Writes MNIST's files for a part, {@code train} or {@code t10k}; digits come in turn. */
  public static void write(Path folder, String part, int count, int side, long seed)
      throws IOException {
    byte[] labels = new byte[count];
    byte[] pixels = new byte[count * side * side];
    for (int i = 0; i < count; i++) {
      labels[i] = (byte) (i % 10);
      draw(pixels, i * side * side, labels[i], side, CounterRandom.of(seed).child(i));
    }
    idx(folder.resolve(part + "-images-idx3-ubyte"), pixels, count, side, side);
    idx(folder.resolve(part + "-labels-idx1-ubyte"), labels, count);
  }

  private static void draw(byte[] pixels, int first, int digit, int side, CounterRandom random) {
    int scale = Math.max(1, (side - 2) / HEIGHT);
    int top = (int) random.below(side - HEIGHT * scale + 1L, 0);
    int left = (side - WIDTH * scale) / 2 + (int) random.below(2, 1);
    for (int y = 0; y < side; y++) {
      for (int x = 0; x < side; x++) {
        int dotY = Math.floorDiv(y - top, scale);
        int dotX = Math.floorDiv(x - left, scale);
        boolean ink =
            dotY >= 0
                && dotY < HEIGHT
                && dotX >= 0
                && dotX < WIDTH
                && (FONT[digit][dotY] >> (WIDTH - 1 - dotX) & 1) == 1;
        long noise = random.below(60, 2L + y * side + x);
        pixels[first + y * side + x] = (byte) (ink ? 195 + noise : noise);
      }
    }
  }

  /** Writes a file of unsigned bytes; packed where its name says so. */
  static void idx(Path file, byte[] data, int... extents) throws IOException {
    ByteBuffer header = ByteBuffer.allocate(Integer.BYTES * (1 + extents.length));
    header.putInt(0x0800 | extents.length);
    for (int extent : extents) {
      header.putInt(extent);
    }
    try (OutputStream raw = Files.newOutputStream(file);
        OutputStream out = file.toString().endsWith(".gz") ? new GZIPOutputStream(raw) : raw) {
      out.write(header.array());
      out.write(data);
    }
  }
}
