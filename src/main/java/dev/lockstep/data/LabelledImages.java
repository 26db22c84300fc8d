package dev.lockstep.data;

import java.lang.foreign.ValueLayout;

/** Images of one size, each with the digit it shows. */
public final class LabelledImages {
  /** Labels are 0 … 9. */
  public static final int DIGITS = 10;

  private final int height;
  private final int width;
  private final byte[] pixels; // [count, height, width], unsigned
  private final byte[] labels; // [count]

  LabelledImages(int height, int width, byte[] pixels, byte[] labels) {
    this.height = height;
    this.width = width;
    this.pixels = pixels;
    this.labels = labels;
  }

  /** How many there are. */
  public int count() {
    return labels.length;
  }

  public int height() {
    return height;
  }

  public int width() {
    return width;
  }

  /** Pixels of an image. */
  public int pixels() {
    return height * width;
  }

  /** The digit an image shows. */
  public int label(int image) {
    return labels[image];
  }

  /** The images of these numbers, in that order. */
  LabelledImages select(int[] images) {
    int size = pixels();
    byte[] chosen = new byte[images.length * size];
    byte[] theirs = new byte[images.length];
    for (int i = 0; i < images.length; i++) {
      System.arraycopy(pixels, images[i] * size, chosen, i * size, size);
      theirs[i] = labels[images[i]];
    }
    return new LabelledImages(height, width, chosen, theirs);
  }

  /** Makes row {@code row} the prediction of an image's digit from its pixels, in [0, 1]. */
  void predict(Batch batch, int row, int image) {
    int size = pixels();
    for (int i = 0; i < size; i++) {
      float value = (pixels[image * size + i] & 0xff) / 255f;
      batch.inputs().setAtIndex(ValueLayout.JAVA_FLOAT, (long) row * size + i, value);
    }
    batch.targets().setAtIndex(ValueLayout.JAVA_INT, row, labels[image]);
  }
}
