package dev.lockstep.kernels;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The files under {@code kernels/ptx}, read for tests. */
final class CommittedKernels {
  private static final Path FOLDER = KernelTool.KERNELS.resolve("ptx");
  private static final Pattern ENTRY = Pattern.compile("\\.entry (\\w+)\\(([^)]*)\\)");
  private static final Pattern PARAMETER = Pattern.compile("\\.param \\.(\\w+) \\w+");

  private CommittedKernels() {}

  /** Names of images, from the sources. */
  static List<String> images() {
    try (Stream<Path> files = Files.list(KernelTool.KERNELS)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.endsWith(".cu"))
          .map(name -> name.substring(0, name.length() - ".cu".length()))
          .sorted()
          .toList();
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  static String ptx(String image) {
    return read(image + ".ptx");
  }

  static String read(String file) {
    try {
      return Files.readString(FOLDER.resolve(file));
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  /** The index entry of an image. */
  static JsonNode index(String image) {
    for (JsonNode node : JsonMapper.shared().readTree(read("kernels.json")).get("images")) {
      if (node.get("name").stringValue().equals(image)) {
        return node;
      }
    }
    throw new AssertionError("kernels.json has no image " + image);
  }

  /** Entry name to parameter types, for example {@code u64 u64 f32}. */
  static Map<String, String> signatures(String image) {
    Map<String, String> signatures = new TreeMap<>();
    Matcher entry = ENTRY.matcher(ptx(image));
    while (entry.find()) {
      List<String> types = new ArrayList<>();
      Matcher parameter = PARAMETER.matcher(entry.group(2));
      while (parameter.find()) {
        types.add(parameter.group(1));
      }
      signatures.put(entry.group(1), String.join(" ", types));
    }
    return signatures;
  }
}
