package dev.lockstep.cli;

import dev.lockstep.data.FileFailure;
import dev.lockstep.device.DeviceException;
import dev.lockstep.train.RunFileException;
import dev.lockstep.train.TrainingDivergedException;
import dev.lockstep.train.TrainingFailedException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** What the user sees when a command does not succeed, and the exit code. */
final class Failures {
  private Failures() {}

  /** Arguments that picocli could not make sense of. */
  static int wrongArguments(ParameterException e, String[] arguments) {
    CommandLine command = e.getCommandLine();
    if (arguments.length == 0) {
      command.usage(command.getErr());
      return Lockstep.USAGE;
    }
    StringBuilder message = new StringBuilder(String.valueOf(e.getMessage()));
    if (e.getArgSpec() instanceof OptionSpec option
        && option.typeInfo().isBoolean()
        && e.getValue() != null) {
      message.replace(0, message.length(), noSwitch(option, e.getValue(), arguments));
    }
    if (e instanceof UnmatchedArgumentException unmatched) {
      String typed = unmatched.getUnmatched().getFirst();
      Collection<String> known = command.getCommandSpec().optionsMap().keySet();
      if (unmatched.isUnknownOption()) {
        message.replace(0, message.length(), unknownOptions(unmatched.getUnmatched()));
      } else {
        known = command.getSubcommands().keySet();
        String what = known.isEmpty() ? "unexpected argument" : "unknown command";
        message.replace(0, message.length(), what + " '" + typed + "'");
      }
      Nearest.to(typed, known).ifPresent(it -> message.append("; did you mean " + it + "?"));
    }
    String name = command.getCommandSpec().qualifiedName();
    print(command, message + " (see `" + name + " --help`)");
    return Lockstep.USAGE;
  }

  /** Without what stands between and behind them: that may be their values. */
  private static String unknownOptions(List<String> unmatched) {
    List<String> options = unmatched.stream().filter(each -> each.startsWith("-")).toList();
    return "%s: '%s'"
        .formatted(
            options.size() == 1 ? "Unknown option" : "Unknown options",
            String.join("', '", options));
  }

  /** Names the option as it was typed: the one it negates stands for both. */
  private static String noSwitch(OptionSpec option, String value, String[] arguments) {
    String typed =
        Arrays.stream(arguments)
            .filter(argument -> argument.startsWith("--") && argument.endsWith("=" + value))
            .map(argument -> argument.substring(0, argument.length() - value.length() - 1))
            .filter(name -> name.replaceFirst("^--(no-)?", "").equals(stem(option)))
            .findFirst()
            .orElse(option.longestName());
    return "%s %s: it is given alone, or as %s=true or %s=false"
        .formatted(typed, value, typed, typed);
  }

  private static String stem(OptionSpec option) {
    return option.longestName().replaceFirst("^--(no-)?", "");
  }

  /** A command that threw. */
  static int failed(Exception e, CommandLine command, ParseResult arguments) {
    switch (e) {
      case UserError mistake -> {
        print(command, String.valueOf(mistake.getMessage()));
        return Lockstep.USAGE;
      }
      case DeviceException device -> {
        print(command, String.valueOf(device.getMessage()));
        return Lockstep.FAILED;
      }
      case TrainingFailedException failed -> {
        print(command, String.valueOf(failed.getMessage()));
        return Lockstep.FAILED;
      }
      case TrainingDivergedException diverged -> {
        print(command, String.valueOf(diverged.getMessage()));
        return Lockstep.FAILED;
      }
      case RunFileException file -> {
        print(command, String.valueOf(file.getMessage()));
        return Lockstep.FAILED;
      }
      case UncheckedIOException io -> {
        String reason = FileFailure.reason(Objects.requireNonNull(io.getCause()));
        print(command, io.getMessage() + ": " + reason);
        return Lockstep.FAILED;
      }
      default -> {
        print(command, "this is a defect of Lockstep's, please report it:");
        e.printStackTrace(command.getErr());
        return Lockstep.FAILED;
      }
    }
  }

  private static void print(CommandLine command, String message) {
    String line = message.strip().replaceAll("\\s*\\R\\s*", "; ");
    command.getErr().println(command.getCommandSpec().qualifiedName() + ": " + line);
  }
}
