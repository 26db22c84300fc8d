package dev.lockstep.cli;

import java.io.PrintWriter;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Where a command prints; mixed into every command. */
@Command
final class Console {
  @Spec(Spec.Target.MIXEE)
  private @Nullable CommandSpec command;

  /** The command it is mixed into. */
  CommandLine commandLine() {
    return Objects.requireNonNull(command, "mixed into no command").commandLine();
  }

  /** For results. */
  PrintWriter out() {
    return commandLine().getOut();
  }

  /** For what went wrong. */
  PrintWriter err() {
    return commandLine().getErr();
  }

  /** One formatted line of results. */
  void print(String format, Object... arguments) {
    out().println(arguments.length == 0 ? format : format.formatted(arguments));
  }

  /** Whether a person is watching: stdin and stdout are a terminal. */
  static boolean isTerminal() {
    java.io.Console console = System.console();
    return console != null && console.isTerminal();
  }
}
