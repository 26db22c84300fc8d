package dev.lockstep.check.run;

import dev.lockstep.check.run.Argument.Direction;
import dev.lockstep.numeric.CounterRandom;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Reads the text form of an argument. */
final class ArgumentParser {
  private static final String FORMS =
      "an argument is in:TYPE:VALUES, inout:TYPE:VALUES, out:TYPE:COUNT, TYPE:VALUE,"
          + " bytes:HEX or "
          + TensorText.FORM;

  private ArgumentParser() {}

  static Argument parse(String text) {
    int colon = text.indexOf(':');
    if (colon < 0) {
      throw new IllegalArgumentException("argument \"" + shown(text) + "\": " + FORMS);
    }
    try {
      String rest = text.substring(colon + 1);
      return switch (text.substring(0, colon)) {
        case "in" -> buffer(Direction.IN, rest);
        case "out" -> buffer(Direction.OUT, rest);
        case "inout" -> buffer(Direction.INOUT, rest);
        case "tensormap" -> TensorText.parse(rest);
        case "bytes" -> Argument.bytes(Hex.parse(rest));
        case String type -> Argument.scalar(type(type), rest);
      };
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("argument \"" + shown(text) + "\": " + e.getMessage(), e);
    }
  }

  private static ElementType type(String name) {
    try {
      return ElementType.named(name);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(e.getMessage() + "; " + FORMS, e);
    }
  }

  private static Argument buffer(Direction direction, String text) {
    int colon = text.indexOf(':');
    if (colon < 0) {
      throw new IllegalArgumentException(FORMS);
    }
    ElementType type = type(text.substring(0, colon));
    String content = text.substring(colon + 1);
    Elements initial =
        direction == Direction.OUT ? Elements.zeros(type, count(content)) : content(type, content);
    return new Argument.Buffer(direction, initial);
  }

  private static Elements content(ElementType type, String text) {
    if (text.startsWith("@")) {
      return file(type, Path.of(text.substring(1)));
    }
    String[] words = text.split(":", -1);
    return switch (words[0] + "/" + words.length) {
      case "zeros/2" -> Elements.zeros(type, count(words[1]));
      case "iota/2" -> iota(type, count(words[1]));
      case "rand/3" -> random(type, count(words[1]), words[2]);
      case "/1" -> throw new IllegalArgumentException("no values");
      default -> Elements.of(type, List.of(text.split(",", -1)));
    };
  }

  private static Elements file(ElementType type, Path file) {
    try {
      return Elements.of(type, Files.readAllBytes(file));
    } catch (IOException e) {
      throw new IllegalArgumentException(InputFile.problem(file, e), e);
    } catch (OutOfMemoryError e) {
      throw new IllegalArgumentException(file + " is too large", e);
    }
  }

  private static long count(String text) {
    try {
      return Long.decode(text.strip());
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("\"" + text + "\" is no number of elements", e);
    }
  }

  private static Elements iota(ElementType type, long count) {
    Elements elements = Elements.zeros(type, count);
    for (int i = 0; i < elements.count(); i++) {
      elements.set(i, type.isFloat() ? type.fromDouble(i) : i);
    }
    return elements;
  }

  private static Elements random(ElementType type, long count, String seed) {
    Elements elements = Elements.zeros(type, count);
    CounterRandom random = CounterRandom.of(ElementType.S64.parse(seed));
    for (int i = 0; i < elements.count(); i++) {
      elements.set(i, type.isFloat() ? type.fromDouble(2 * random.uniform(i) - 1) : random.bits(i));
    }
    return elements;
  }

  /** Long lists of values help nobody in a message. */
  static String shown(String text) {
    return text.length() <= 60 ? text : text.substring(0, 60) + "…";
  }
}
