package dev.lockstep.cli;

import dev.lockstep.data.FileFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.dataformat.toml.TomlMapper;

/**
 * The text of a configuration file, as TOML or JSON. What is wrong in it is named with its line.
 */
final class ConfigText {
  /** A comment, or a text or name with the sign that makes a key of it. */
  private static final Pattern TOML_WORD =
      Pattern.compile("#[^\n]*|((?:\"[^\"\n]*\"|'[^'\n]*'|[\\w.-])+)(\\s*=)?");

  private ConfigText() {}

  /**
   * Reads a file, of which the name's end says what it is.
   *
   * @throws UserError when there is none, it is neither, or is no table of keys each there once
   */
  static JsonNode read(Path file) {
    String name = String.valueOf(file.getFileName());
    ObjectMapper mapper;
    if (name.endsWith(".toml")) {
      mapper = new TomlMapper();
    } else if (name.endsWith(".json")) {
      mapper = JsonMapper.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();
    } else {
      throw new UserError("--config " + file + " must end in .toml or .json");
    }
    String text;
    try {
      text = Files.readString(file);
    } catch (IOException e) {
      throw new UserError("--config " + file + " cannot be read: " + FileFailure.reason(e), e);
    }
    JsonNode root;
    try {
      root = mapper.readTree(text);
    } catch (JacksonException e) {
      throw wrong(file, text, e);
    }
    if (!root.isObject()) {
      throw new UserError("--config " + file + " holds no keys");
    }
    return root;
  }

  private static UserError wrong(Path file, String text, JacksonException failure) {
    TokenStreamLocation place = failure.getLocation();
    long line = place == null ? 1 : place.getLineNr();
    String what = failure.getOriginalMessage();
    if (place != null && what.equals("Duplicate key")) {
      // Found out where the value has ended, which may be behind the line.
      String before = text.substring(0, (int) place.getCharOffset()).stripTrailing();
      line = before.lines().count();
      String key = lastKey(before);
      what = (key == null ? "a key" : "\"" + key + "\"") + " is there twice";
    }
    return new UserError("--config %s, line %d: %s".formatted(file, line, what), failure);
  }

  private static @Nullable String lastKey(String toml) {
    String key = null;
    Matcher words = TOML_WORD.matcher(toml);
    while (words.find()) {
      key = words.group(2) == null ? key : words.group(1);
    }
    return key;
  }
}
