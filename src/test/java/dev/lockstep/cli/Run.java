package dev.lockstep.cli;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;

/**
 * A command run in this process.
 *
 * @param code the exit code
 */
record Run(int code, String out, String err) {
  /** Runs {@code lockstep} with these arguments. */
  static Run lockstep(String... arguments) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int code =
        Lockstep.commandLine(new PrintWriter(out, true), new PrintWriter(err, true), arguments)
            .execute(arguments);
    return new Run(code, out.toString(), err.toString());
  }

  List<String> errLines() {
    return err.lines().toList();
  }
}
