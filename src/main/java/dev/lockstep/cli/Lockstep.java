package dev.lockstep.cli;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;

/** The program: finds the command, runs it, and turns what went wrong into an exit code. */
@Command(
    name = "lockstep",
    description = "CUDA kernels, run on a GPU or on a simulator of one, and held to a reference.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    synopsisSubcommandLabel = "COMMAND",
    footer = {
      "",
      "Examples:",
      "  lockstep train     train on the licence texts of the JDK",
      "  lockstep check     hold every kernel and gradient to the reference",
      "  lockstep report runs/train    draw the course of a run",
      "  lockstep bench rows --help    count what kernels move and execute",
      "  lockstep grill     be asked about neural networks, and see it measured",
      "  lockstep run --help    run any PTX or CUDA kernel with given arguments",
      "  lockstep doctor    what this machine has",
      "",
      "Exit codes: 0 all well, 1 a check failed, 2 wrong arguments or input, 3 a kernel's fault."
    })
public final class Lockstep {
  /** Everything was as it should be. */
  static final int OK = 0;

  /** A check failed, or the program has a defect. */
  static final int FAILED = 1;

  /** The user has to change something. */
  static final int USAGE = 2;

  /** The kernel the user ran did what no kernel may. */
  static final int FAULT = 3;

  /** In fewer columns there would be none left beside the names of options. */
  private static final int NARROWEST_HELP = 60;

  /** In the order in which help lists them. */
  private static final List<Class<?>> COMMANDS =
      List.of(
          TrainCommand.class,
          SampleCommand.class,
          CheckCommand.class,
          BenchCommand.class,
          ReportCommand.class,
          GrillCommand.class,
          RunCommand.class,
          DoctorCommand.class);

  /** Runs one command and ends the process. */
  public static void main(String[] arguments) {
    StandardError.adopt();
    StandardOutput output = StandardOutput.adopt();
    PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
    PrintWriter err = new PrintWriter(System.err, true, StandardCharsets.UTF_8);
    int code = commandLine(out, err, arguments).execute(arguments);
    out.flush();
    if (output.loss().isPresent()) {
      err.println("lockstep: cannot write to standard output: " + output.loss().get());
      code = code == OK ? FAILED : code;
    }
    err.flush();
    System.exit(code);
  }

  /**
   * The commands, printing to the given places.
   *
   * @param arguments to be parsed; if the first names a command there is only that one, as to
   *     describe all takes as long as a small kernel
   */
  static CommandLine commandLine(PrintWriter out, PrintWriter err, String... arguments) {
    CommandLine commands = new CommandLine(new Lockstep());
    String first = arguments.length == 0 ? "" : arguments[0];
    List<Class<?>> named = COMMANDS.stream().filter(each -> name(each).equals(first)).toList();
    (named.isEmpty() ? COMMANDS : named).forEach(commands::addSubcommand);
    commands.setOut(out);
    commands.setErr(err);
    commands.setParameterExceptionHandler(Failures::wrongArguments);
    commands.setExecutionExceptionHandler(Failures::failed);
    hideHelpOfHelp(commands.getCommandSpec());
    return configured(commands);
  }

  private static String name(Class<?> command) {
    return command.getAnnotation(Command.class).name();
  }

  /** Gives a command the types and widths all of them have. */
  static CommandLine configured(CommandLine commands) {
    return configured(commands, Paragraphs.columns());
  }

  /** The same on a terminal of so many columns. */
  static CommandLine configured(CommandLine commands, int columns) {
    commands.setUsageHelpLongOptionsMaxWidth(30);
    commands.setUsageHelpWidth(Math.max(columns, NARROWEST_HELP));
    Converters.register(commands);
    return commands;
  }

  private static void hideHelpOfHelp(CommandSpec spec) {
    spec.usageMessage().abbreviateSynopsis(true);
    spec.subcommands().values().forEach(sub -> hideHelpOfHelp(sub.getCommandSpec()));
  }
}
