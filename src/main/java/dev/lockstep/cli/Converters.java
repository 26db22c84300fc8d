package dev.lockstep.cli;

import dev.lockstep.grill.lab.Topic;
import dev.lockstep.nn.FeedForwardKind;
import dev.lockstep.nn.Initialization;
import dev.lockstep.nn.NormKind;
import dev.lockstep.nn.NormPlacement;
import dev.lockstep.ops.MatrixEngine;
import dev.lockstep.optim.LearningRateSchedule;
import dev.lockstep.optim.OptimizerConfig;
import dev.lockstep.optim.WeightDecayScope;
import dev.lockstep.train.LossScalingMode;
import dev.lockstep.train.Precision;
import dev.lockstep.train.TaskKind;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.function.Function;
import picocli.CommandLine;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** What options make of what was typed. What they refuse they name in words for people. */
final class Converters {
  private Converters() {}

  /** Gives a command and those below it the types that options have. */
  static void register(CommandLine commands) {
    commands.registerConverter(Path.class, Converters::path);
    commands.registerConverter(int.class, Converters::number);
    commands.registerConverter(Integer.class, Converters::number);
    commands.registerConverter(long.class, Converters::longNumber);
    commands.registerConverter(Long.class, Converters::longNumber);
    commands.registerConverter(double.class, Converters::fraction);
    commands.registerConverter(Double.class, Converters::fraction);
    commands.registerConverter(Precision.class, named(Precision::of));
    commands.registerConverter(MatrixEngine.class, named(MatrixEngine::of));
    commands.registerConverter(Topic.class, named(Topic::of));
    commands.registerConverter(TaskKind.class, named(TaskKind::of));
    commands.registerConverter(NormKind.class, named(NormKind::of));
    commands.registerConverter(FeedForwardKind.class, named(FeedForwardKind::of));
    commands.registerConverter(WeightDecayScope.class, named(WeightDecayScope::of));
    commands.registerConverter(LossScalingMode.class, named(LossScalingMode::of));
    commands.registerConverter(NormPlacement.class, named(NormPlacement::of));
    commands.registerConverter(Initialization.class, named(Initialization::of));
    commands.registerConverter(OptimizerConfig.Kind.class, named(OptimizerConfig.Kind::of));
    commands.registerConverter(
        LearningRateSchedule.Decay.class, named(LearningRateSchedule.Decay::of));
  }

  /** An empty one would be the working directory: a variable of the shell's that is not set. */
  private static Path path(String text) {
    if (text.isEmpty()) {
      throw new TypeConversionException("it is empty and names no file");
    }
    try {
      return Path.of(text);
    } catch (InvalidPathException e) {
      throw new TypeConversionException("'%s' names no file (%s)".formatted(text, e.getReason()));
    }
  }

  private static int number(String text) {
    try {
      return Integer.parseInt(text);
    } catch (NumberFormatException e) {
      throw noWholeNumber(text, Integer.MAX_VALUE);
    }
  }

  private static long longNumber(String text) {
    try {
      return Long.parseLong(text);
    } catch (NumberFormatException e) {
      throw noWholeNumber(text, Long.MAX_VALUE);
    }
  }

  private static TypeConversionException noWholeNumber(String text, long most) {
    return new TypeConversionException(
        text.matches("[-+]?\\d+")
            ? "'%s' is beyond %s%d".formatted(text, text.startsWith("-") ? "-" : "", most)
            : "'%s' is no whole number".formatted(text));
  }

  private static double fraction(String text) {
    try {
      return Double.parseDouble(text);
    } catch (NumberFormatException e) {
      throw new TypeConversionException("'%s' is no number".formatted(text));
    }
  }

  /** Keeps the message of what knows the names, which lists them. */
  private static <T> ITypeConverter<T> named(Function<String, T> names) {
    return name -> {
      try {
        return names.apply(name);
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(String.valueOf(e.getMessage()));
      }
    };
  }
}
