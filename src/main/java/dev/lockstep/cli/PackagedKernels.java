package dev.lockstep.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The compiled kernels this build carries, as their index describes them. */
final class PackagedKernels {
  private static final String FOLDER = "/dev/lockstep/kernels/";

  private PackagedKernels() {}

  /**
   * All images, in the order of the index; none when the build has no kernels.
   *
   * @throws IllegalStateException when the index names an image that is not there
   */
  static List<Image> inspect() {
    byte[] index = read("kernels.json");
    List<Image> images = new ArrayList<>();
    if (index != null) {
      for (JsonNode image : JsonMapper.shared().readTree(index).required("images")) {
        images.add(inspect(image));
      }
    }
    return images;
  }

  private static Image inspect(JsonNode image) {
    String name = image.required("name").asString();
    byte[] ptx = read(name + ".ptx");
    if (ptx == null) {
      throw new IllegalStateException("the index names " + name + ".ptx, which is not packaged");
    }
    return new Image(
        name,
        image.required("entries").size(),
        image.required("isa").asString(),
        image.required("target").asString(),
        read(name + ".fatbin") != null,
        image.required("ptxHash").asString().equals(hash(ptx)));
  }

  /** SHA-256 over the text, whatever its line endings. */
  private static String hash(byte[] ptx) {
    String text = new String(ptx, StandardCharsets.UTF_8).replace("\r\n", "\n");
    try {
      MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
      return HexFormat.of().formatHex(sha256.digest(text.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java has SHA-256", e);
    }
  }

  private static byte @Nullable [] read(String file) {
    try (InputStream in = PackagedKernels.class.getResourceAsStream(FOLDER + file)) {
      return in == null ? null : in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read packaged " + file, e);
    }
  }

  /**
   * One {@code .cu} file, compiled.
   *
   * @param entries how many kernels it holds
   * @param isa PTX ISA version, the oldest that its code needs
   * @param target the oldest GPU it runs on
   * @param fatbin whether machine code for known GPUs is packaged too
   * @param current whether the PTX is byte for byte what the compiler wrote
   */
  record Image(
      String name, int entries, String isa, String target, boolean fatbin, boolean current) {}
}
