package dev.lockstep.check;

import dev.lockstep.data.FileFailure;
import dev.lockstep.data.SafetensorsReader;
import dev.lockstep.data.SafetensorsTensor;
import dev.lockstep.numeric.DType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A folder of golden cases: {@code cases.json} says what each is, a safetensors file each holds its
 * numbers: {@code in.*} inputs, {@code gout.*} upstream gradients, {@code out.*} and {@code grad.*}
 * results in float64.
 */
final class GoldenSet {
  private static final int FORMAT = 1;
  private static final JsonMapper JSON = new JsonMapper();
  private static final TypeReference<Map<String, Object>> ATTRIBUTES = new TypeReference<>() {};

  private final Path folder;
  private final List<Case> cases;

  private GoldenSet(Path folder, List<Case> cases) {
    this.folder = folder;
    this.cases = List.copyOf(cases);
  }

  /** What {@code cases.json} says of one case. */
  record Case(String name, String file, String op, DType dtype, Attributes attributes) {}

  /** A case with its numbers. */
  record Golden(Problem problem, Answers answers) {}

  /**
   * Reads the list of cases.
   *
   * @throws IllegalArgumentException in one line, when the folder or the list is missing or not
   *     what it should be
   */
  static GoldenSet open(Path folder) {
    Path list = folder.resolve("cases.json");
    if (!Files.isDirectory(folder)) {
      throw new IllegalArgumentException("goldens folder " + folder + " is no folder");
    }
    if (!Files.isRegularFile(list)) {
      throw new IllegalArgumentException("goldens folder " + folder + " has no cases.json");
    }
    try {
      JsonNode root = JSON.readTree(Files.readAllBytes(list));
      if (root.path("format").asInt(0) != FORMAT) {
        throw new IllegalArgumentException(
            list + ": format is " + root.path("format") + ", known is " + FORMAT);
      }
      JsonNode cases = root.path("cases");
      if (!cases.isArray() || cases.isEmpty()) {
        throw new IllegalArgumentException(list + ": holds no list of cases");
      }
      List<Case> found = new ArrayList<>();
      for (JsonNode node : cases) {
        found.add(readCase(list, found.size(), node));
      }
      return new GoldenSet(folder, found);
    } catch (JacksonException e) {
      throw new IllegalArgumentException(list + ": is no JSON: " + e.getOriginalMessage(), e);
    } catch (IOException e) {
      throw new IllegalArgumentException(list + ": cannot be read: " + FileFailure.reason(e), e);
    }
  }

  private static Case readCase(Path list, int index, JsonNode node) {
    String file = text(list, index, node, "file");
    if (Path.of(file).getNameCount() != 1 || file.equals("..")) {
      throw new IllegalArgumentException(
          "%s: case %d: file %s is not a plain name".formatted(list, index, file));
    }
    JsonNode attributes = node.path("attrs");
    if (!attributes.isObject()) {
      throw new IllegalArgumentException("%s: case %d has no attrs".formatted(list, index));
    }
    return new Case(
        text(list, index, node, "name"),
        file,
        text(list, index, node, "op"),
        dtype(list, index, text(list, index, node, "dtype")),
        new Attributes(JSON.convertValue(attributes, ATTRIBUTES)));
  }

  private static String text(Path list, int index, JsonNode node, String field) {
    if (!node.path(field).isString()) {
      throw new IllegalArgumentException("%s: case %d has no %s".formatted(list, index, field));
    }
    return node.path(field).stringValue();
  }

  private static DType dtype(Path list, int index, String name) {
    return switch (name) {
      case "f32" -> DType.F32;
      case "bf16" -> DType.BF16;
      case "fp16" -> DType.F16;
      default ->
          throw new IllegalArgumentException(
              "%s: case %d: dtype %s is none of f32, bf16, fp16".formatted(list, index, name));
    };
  }

  List<Case> cases() {
    return cases;
  }

  /**
   * Reads the numbers of a case.
   *
   * @throws IOException naming the file, when it is missing or damaged
   */
  Golden read(Case golden) throws IOException {
    Map<String, HostArray> inputs = new LinkedHashMap<>();
    Map<String, HostArray> upstream = new LinkedHashMap<>();
    Answers answers = new Answers();
    try (SafetensorsReader reader = SafetensorsReader.open(folder.resolve(golden.file()))) {
      for (SafetensorsTensor tensor : reader.tensors()) {
        String name = tensor.name();
        double[] values = reader.doubles(name);
        int[] shape = tensor.shape().stream().mapToInt(Math::toIntExact).toArray();
        String rest = name.substring(name.indexOf('.') + 1);
        if (name.startsWith("in.")) {
          inputs.put(rest, new HostArray(values, shape));
        } else if (name.startsWith("gout.")) {
          upstream.put(rest, new HostArray(values, shape));
        } else if (name.startsWith("out.") || name.startsWith("grad.")) {
          answers.put(name, values);
        }
      }
    }
    Problem problem =
        new Problem(
            golden.name(), golden.op(), golden.dtype(), golden.attributes(), inputs, upstream);
    return new Golden(problem, answers);
  }
}
