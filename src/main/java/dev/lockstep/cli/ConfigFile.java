package dev.lockstep.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Model.ArgGroupSpec;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import tools.jackson.databind.JsonNode;

/**
 * Options of a command from a file: each key is an option without its dashes, as it is typed
 * ({@code warmup-steps}) or as a run prints it ({@code warmupSteps}), at the top or in a table
 * named after the option's heading in the help.
 */
final class ConfigFile {
  /** Options that are about the command line itself. */
  private static final Set<String> NOT_HERE = Set.of("config", "help", "version");

  private final Path file;
  private final Map<String, Entry> entries = new LinkedHashMap<>();

  /** A key as it was written, the table it stood in, and its value. */
  private record Entry(String key, @Nullable String table, JsonNode value) {}

  private ConfigFile(Path file, JsonNode root) {
    this.file = file;
    root.forEachEntry(
        (key, value) -> {
          if (value.isObject()) {
            value.forEachEntry((inner, own) -> add(new Entry(inner, key, own)));
          } else {
            add(new Entry(key, null, value));
          }
        });
  }

  private void add(Entry entry) {
    if (entries.put(optionName(entry.key()), entry) != null) {
      throw error("\"" + entry.key() + "\" is there twice");
    }
  }

  /**
   * Reads a file.
   *
   * @throws UserError when there is none, or it is no TOML or JSON; names the line
   */
  static ConfigFile read(Path file) {
    return new ConfigFile(file, ConfigText.read(file));
  }

  /** Gives a fresh instance of a command what the file and, before it, the command line say. */
  void parse(CommandLine typed, CommandLine fresh) {
    fresh.setOut(typed.getOut());
    fresh.setErr(typed.getErr());
    List<String> arguments = arguments(fresh.getCommandSpec(), typed.getParseResult());
    arguments.addAll(typedArguments(typed));
    try {
      fresh.parseArgs(arguments.toArray(String[]::new));
    } catch (ParameterException e) {
      // What was typed has been parsed before.
      throw error(String.valueOf(e.getMessage()));
    }
  }

  /** What stands after the name of the command. */
  private static List<String> typedArguments(CommandLine command) {
    List<String> all = command.getParseResult().expandedArgs();
    int name = all.indexOf(command.getCommandName());
    return all.subList(name + 1, all.size());
  }

  private List<String> arguments(CommandSpec command, ParseResult typed) {
    List<String> arguments = new ArrayList<>();
    entries.forEach(
        (name, entry) -> {
          OptionSpec option = find(command, name, entry);
          if (!typed.hasMatchedOption(option.longestName())) {
            arguments.add(argument(option, name, entry));
          }
        });
    return arguments;
  }

  private OptionSpec find(CommandSpec command, String name, Entry entry) {
    OptionSpec option = command.findOption("--" + name);
    option = option != null ? option : command.findOption("--no-" + name);
    if (option == null || NOT_HERE.contains(name)) {
      String nearest =
          Nearest.to(name, names(command)).map(near -> "; did you mean " + near + "?").orElse("");
      throw error("there is no key \"" + entry.key() + "\"" + nearest);
    }
    String table = entry.table();
    if (table != null && !table.equals(table(option))) {
      throw error(
          "%s stands in [%s] and belongs %s"
              .formatted(
                  entry.key(),
                  table,
                  table(option).isEmpty() ? "above all tables" : "in [" + table(option) + "]"));
    }
    return option;
  }

  private static Set<String> names(CommandSpec command) {
    Set<String> names = new TreeSet<>();
    for (OptionSpec option : command.options()) {
      for (String name : option.names()) {
        names.add(name.replaceFirst("^-+", ""));
      }
    }
    names.removeAll(NOT_HERE);
    return names;
  }

  /** The heading of the option's group; empty where it is in none. */
  private static String table(ArgSpec option) {
    ArgGroupSpec group = option.group();
    return group == null || group.heading() == null
        ? ""
        : group.heading().replace("%n", "").replace(":", "").toLowerCase(Locale.ROOT);
  }

  private String argument(OptionSpec option, String name, Entry entry) {
    JsonNode value = entry.value();
    boolean flag = option.typeInfo().isBoolean();
    if (flag && value.isBoolean()) {
      if (!value.asBoolean() && !option.negatable()) {
        throw error("leave out " + entry.key() + " instead of saying that it is false");
      }
      return value.asBoolean() ? "--" + name : "--no-" + name;
    }
    if (flag || !(value.isNumber() || value.isString())) {
      throw error(
          "%s is %s; it takes %s"
              .formatted(entry.key(), value, flag ? "true or false" : "a number or a text"));
    }
    return "--" + name + "=" + value.asString();
  }

  /** {@code warmupSteps} and {@code warmup_steps} are {@code warmup-steps}. */
  static String optionName(String key) {
    return key.replaceAll("([a-z0-9])([A-Z])", "$1-$2").replace('_', '-').toLowerCase(Locale.ROOT);
  }

  private UserError error(String what) {
    return new UserError("--config " + file + ": " + what);
  }
}
