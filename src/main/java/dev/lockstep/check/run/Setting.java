package dev.lockstep.check.run;

import dev.lockstep.check.run.Argument.Direction;

/**
 * A variable of the module and what is done with it: what the host copies there before the launch
 * ({@code in}, {@code inout}), and whether it is read afterwards ({@code inout}, {@code out}). What
 * only comes out keeps the value the file gives it until the kernel runs.
 *
 * @param name as the PTX or the source has it
 * @param content the first bytes of the variable, or all of them
 */
public record Setting(String name, Argument.Buffer content) {
  private static final String FORM =
      "a variable is NAME=A, where A is in:TYPE:VALUES, inout:TYPE:VALUES, out:TYPE:COUNT,"
          + " TYPE:VALUE or bytes:HEX";

  /**
   * From an argument: a value is what goes in.
   *
   * @throws IllegalArgumentException for a tensor
   */
  public static Setting of(String name, Argument argument) {
    return switch (argument) {
      case Argument.Buffer buffer -> new Setting(name, buffer);
      case Argument.Value value ->
          new Setting(name, new Argument.Buffer(Direction.IN, value.content()));
      case Argument.Tensor _ ->
          throw new IllegalArgumentException("variable " + name + ": " + FORM);
    };
  }

  /**
   * Reads {@code NAME=A}, where A is an argument as {@link Argument#parse} reads it, but no tensor.
   *
   * @throws IllegalArgumentException naming what is wrong with it
   */
  public static Setting parse(String text) {
    int equals = text.indexOf('=');
    String name = equals < 0 ? "" : text.substring(0, equals).strip();
    if (name.isEmpty()) {
      throw new IllegalArgumentException(
          "variable \"" + ArgumentParser.shown(text) + "\": " + FORM);
    }
    try {
      return of(name, Argument.parse(text.substring(equals + 1)));
    } catch (IllegalArgumentException e) {
      String problem = String.valueOf(e.getMessage());
      throw new IllegalArgumentException(
          problem.startsWith("variable") ? problem : "variable " + name + ": " + problem, e);
    }
  }
}
