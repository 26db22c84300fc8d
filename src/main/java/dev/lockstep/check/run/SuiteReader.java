package dev.lockstep.check.run;

import dev.lockstep.check.run.Argument.Direction;
import dev.lockstep.device.Approximation;
import dev.lockstep.device.Dim3;
import dev.lockstep.device.MatrixMode;
import dev.lockstep.device.Schedule;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Reads the JSON of a suite. */
final class SuiteReader {
  private final @Nullable Path folder;

  private SuiteReader(@Nullable Path folder) {
    this.folder = folder;
  }

  /**
   * All cases.
   *
   * @param folder what the cases' paths are relative to
   */
  static Suite read(byte[] json, @Nullable Path folder) {
    return new SuiteReader(folder).suite(SuiteText.parse(json));
  }

  private Suite suite(JsonNode root) {
    if (root.isArray()) {
      return suite(cases("", root, Defaults.NONE));
    }
    JsonObject object = new JsonObject("", root);
    Defaults defaults = new Defaults(options(object), comparison(object, Comparison.BITS));
    JsonNode cases = object.get("cases");
    object.text("name");
    object.requireAllRead();
    if (cases == null) {
      throw JsonObject.wrong("", "has no \"cases\"");
    }
    return suite(cases("cases", cases, defaults));
  }

  /** Without cases nothing would be checked, and all would be well. */
  private static Suite suite(List<SuiteCase> cases) {
    if (cases.isEmpty()) {
      throw JsonObject.wrong("", "holds no cases");
    }
    return new Suite(cases);
  }

  private List<SuiteCase> cases(String path, JsonNode nodes, Defaults defaults) {
    List<SuiteCase> cases = new ArrayList<>();
    for (JsonNode node : array(path, nodes)) {
      int index = cases.size();
      cases.add(one(new JsonObject(path + "[" + index + "]", node), index, defaults));
    }
    return cases;
  }

  private SuiteCase one(JsonObject object, int index, Defaults defaults) {
    String name = object.text("name").orElse("case " + index);
    String ptx =
        object
            .text("ptx")
            .orElseThrow(() -> JsonObject.wrong(object.path(), "has no \"ptx\", the file to run"));
    Path file;
    try {
      file = folder == null ? Path.of(ptx) : folder.resolve(ptx);
    } catch (InvalidPathException e) {
      throw JsonObject.wrong(object.at("ptx"), "is no path: " + e.getMessage());
    }
    Comparison comparison = comparison(object, defaults.comparison);
    SuiteCase result =
        new SuiteCase(
            name,
            file,
            object.text("entry"),
            extents(object, "grid"),
            extents(object, "block"),
            object
                .integer("sharedBytes", Integer.MIN_VALUE, Integer.MAX_VALUE)
                .orElse(0L)
                .intValue(),
            object.has("cluster") ? Optional.of(extents(object, "cluster")) : Optional.empty(),
            arguments(object, comparison),
            variables(object, comparison),
            object.text("fault"),
            options(object).or(defaults.options));
    object.requireAllRead();
    return result;
  }

  /** One number or up to three; a size no launch can have is the launch's to refuse. */
  private static Dim3 extents(JsonObject object, String key) {
    JsonNode node = object.get(key);
    if (node == null) {
      throw JsonObject.wrong(object.path(), "has no \"" + key + "\"");
    }
    int[] extents = {1, 1, 1};
    if (!node.isArray()) {
      extents[0] = extent(object.at(key), node);
      return new Dim3(extents[0]);
    }
    if (node.size() < 1 || node.size() > 3) {
      throw JsonObject.wrong(object.at(key), "must have one to three numbers");
    }
    for (int i = 0; i < node.size(); i++) {
      extents[i] = extent(object.at(key) + "[" + i + "]", node.get(i));
    }
    return new Dim3(extents[0], extents[1], extents[2]);
  }

  private static int extent(String path, JsonNode node) {
    return (int) JsonObject.integer(path, node, Integer.MIN_VALUE, Integer.MAX_VALUE);
  }

  private static List<SuiteCase.Expected> arguments(JsonObject object, Comparison comparison) {
    JsonNode nodes = object.get("args");
    List<SuiteCase.Expected> arguments = new ArrayList<>();
    if (nodes != null) {
      for (JsonNode node : array(object.at("args"), nodes)) {
        String path = object.at("args") + "[" + arguments.size() + "]";
        JsonObject argument = new JsonObject(path, node);
        arguments.add(argument(argument, comparison));
        argument.requireAllRead();
      }
    }
    return arguments;
  }

  private static List<SuiteCase.ExpectedVariable> variables(
      JsonObject object, Comparison comparison) {
    JsonNode nodes = object.get("variables");
    List<SuiteCase.ExpectedVariable> variables = new ArrayList<>();
    if (nodes != null) {
      for (JsonNode node : array(object.at("variables"), nodes)) {
        String path = object.at("variables") + "[" + variables.size() + "]";
        JsonObject variable = new JsonObject(path, node);
        String name =
            variable.text("name").orElseThrow(() -> JsonObject.wrong(path, "has no \"name\""));
        SuiteCase.Expected content = argument(variable, comparison);
        if (content.argument() instanceof Argument.Tensor) {
          throw JsonObject.wrong(variable.at("tensormap"), "has no place in a variable");
        }
        variable.requireAllRead();
        variables.add(
            new SuiteCase.ExpectedVariable(
                Setting.of(name, content.argument()), content.expectation()));
      }
    }
    return variables;
  }

  private static SuiteCase.Expected argument(JsonObject object, Comparison outer) {
    if (object.has("value")) {
      ElementType type =
          object
              .parsed("type", ElementType::named)
              .orElseThrow(() -> JsonObject.wrong(object.path(), "has a value but no \"type\""));
      return new SuiteCase.Expected(value(object, type), Optional.empty());
    }
    Optional<byte[]> bytes = object.parsed("bytes", Hex::parse);
    if (bytes.isPresent()) {
      return new SuiteCase.Expected(Argument.bytes(bytes.get()), Optional.empty());
    }
    SuiteCase.Expected buffer = buffer(object, outer);
    JsonNode map = object.get("tensormap");
    return map == null
        ? buffer
        : new SuiteCase.Expected(
            tensor(new JsonObject(object.at("tensormap"), map), buffer.argument()),
            buffer.expectation());
  }

  private static Argument tensor(JsonObject object, Argument argument) {
    Argument.Buffer buffer = argument.memory().orElseThrow();
    List<Long> dims = numbers(object, "dims");
    List<Long> box = numbers(object, "box");
    List<Long> strides = object.has("strides") ? numbers(object, "strides") : List.of();
    long swizzle = object.integer("swizzle", 0, Integer.MAX_VALUE).orElse(0L);
    object.requireAllRead();
    try {
      return TensorText.of(buffer, dims, box, strides, swizzle);
    } catch (IllegalArgumentException e) {
      throw JsonObject.wrong(object.path(), "is wrong: " + e.getMessage());
    }
  }

  private static List<Long> numbers(JsonObject object, String key) {
    JsonNode nodes = object.get(key);
    if (nodes == null) {
      throw JsonObject.wrong(object.path(), "has no \"" + key + "\"");
    }
    List<Long> numbers = new ArrayList<>();
    for (JsonNode node : array(object.at(key), nodes)) {
      String path = object.at(key) + "[" + numbers.size() + "]";
      numbers.add(JsonObject.integer(path, node, Long.MIN_VALUE, Long.MAX_VALUE));
    }
    return numbers;
  }

  private static Argument value(JsonObject object, ElementType type) {
    JsonNode value = object.get("value");
    if (value == null || !(value.isNumber() || value.isString())) {
      throw JsonObject.wrong(object.at("value"), "must be a number or a string");
    }
    try {
      String text =
          value.isString() ? value.stringValue() : SuiteText.digits(value, !type.isFloat());
      return Argument.scalar(type, text);
    } catch (IllegalArgumentException e) {
      throw JsonObject.wrong(object.at("value"), "is wrong: " + e.getMessage());
    }
  }

  private static SuiteCase.Expected buffer(JsonObject object, Comparison outer) {
    List<Direction> directions = new ArrayList<>();
    for (Direction direction : Direction.values()) {
      if (object.has(direction.spelling())) {
        directions.add(direction);
      }
    }
    if (directions.size() != 1) {
      throw JsonObject.wrong(
          object.path(), "must have one of \"in\", \"out\", \"inout\", \"value\" and \"bytes\"");
    }
    Direction direction = directions.getFirst();
    byte[] initial =
        direction == Direction.OUT
            ? new byte[object.integer("out", 0, Integer.MAX_VALUE - 8).orElseThrow().intValue()]
            : object.parsed(direction.spelling(), Hex::parse).orElseThrow();
    Comparison comparison = comparison(object, outer);
    Optional<Expectation> expectation =
        object.parsed("expect", Hex::parse).map(bytes -> expectation(object, comparison, bytes));
    if (expectation.isPresent() && expectation.get().bytes().length != initial.length) {
      throw JsonObject.wrong(
          object.at("expect"),
          "has %d bytes, the buffer %d"
              .formatted(expectation.get().bytes().length, initial.length));
    }
    // What is compared must be fetched, whatever it was called.
    Direction fetched =
        expectation.isPresent() && direction == Direction.IN ? Direction.INOUT : direction;
    return new SuiteCase.Expected(
        new Argument.Buffer(fetched, Elements.of(elementType(object, initial), initial)),
        expectation);
  }

  /** What messages take a buffer's elements for. */
  private static ElementType elementType(JsonObject object, byte[] content) {
    ElementType words = content.length % Integer.BYTES == 0 ? ElementType.B32 : ElementType.B8;
    ElementType type = object.parsed("type", ElementType::named).orElse(words);
    if (content.length % type.bytes() != 0) {
      throw JsonObject.wrong(
          object.at("type"),
          "is %s, and %d bytes are no whole number of those"
              .formatted(type.spelling(), content.length));
    }
    return type;
  }

  private static Expectation expectation(JsonObject object, Comparison comparison, byte[] bytes) {
    if (comparison.type.isPresent() && bytes.length % comparison.type.get().bytes() != 0) {
      throw JsonObject.wrong(
          object.at("expect"),
          "has %d bytes, no whole number of %s elements"
              .formatted(bytes.length, comparison.type.get().spelling()));
    }
    return new Expectation(bytes, comparison.type, comparison.rtol, comparison.atol);
  }

  private static Comparison comparison(JsonObject object, Comparison outer) {
    boolean bits = object.text("compare").filter("bits"::equals).isPresent();
    Optional<ElementType> type =
        bits ? Optional.empty() : object.parsed("compare", SuiteReader::compared).or(outer::type);
    Optional<Double> rtol = object.tolerance("rtol");
    Optional<Double> atol = object.tolerance("atol");
    Comparison result = new Comparison(type, rtol.orElse(outer.rtol), atol.orElse(outer.atol));
    if (result.type.isEmpty() && (rtol.isPresent() || atol.isPresent())) {
      throw JsonObject.wrong(
          object.at(rtol.isPresent() ? "rtol" : "atol"), "has no effect without \"compare\"");
    }
    return result;
  }

  /** Pairs are compared as what they are pairs of. */
  private static ElementType compared(String name) {
    return switch (name) {
      case "f16x2" -> ElementType.F16;
      case "bf16x2" -> ElementType.BF16;
      case "tf32" -> ElementType.F32;
      default -> ElementType.named(name);
    };
  }

  private static CaseOptions options(JsonObject object) {
    return new CaseOptions(
        object.flag("sanitize"),
        object.text("gpu"),
        object.parsed("schedule", Schedule::parse),
        object.parsed("approx", Approximation::parse),
        object.parsed("mma", MatrixMode::parse),
        object.integer("stepLimit", 1, Long.MAX_VALUE));
  }

  private static JsonNode array(String path, JsonNode node) {
    if (!node.isArray()) {
      throw JsonObject.wrong(path, "must be an array");
    }
    return node;
  }

  /** How buffers are compared where nothing nearer says otherwise. */
  private record Comparison(Optional<ElementType> type, double rtol, double atol) {
    static final Comparison BITS = new Comparison(Optional.empty(), 0, 0);
  }

  private record Defaults(CaseOptions options, Comparison comparison) {
    static final Defaults NONE = new Defaults(CaseOptions.NONE, Comparison.BITS);
  }
}
