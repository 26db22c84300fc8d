package dev.lockstep.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;

/** What holds for every command. */
class LockstepTests {
  static Stream<CommandLine> commands() {
    PrintWriter nowhere = new PrintWriter(new StringWriter());
    CommandLine all = Lockstep.commandLine(nowhere, nowhere);
    return withSubcommands(all);
  }

  private static Stream<CommandLine> withSubcommands(CommandLine command) {
    return Stream.concat(
        Stream.of(command),
        command.getSubcommands().values().stream().flatMap(LockstepTests::withSubcommands));
  }

  static Stream<List<String>> names() {
    return commands()
        .map(command -> command.getCommandSpec().qualifiedName().split(" "))
        .map(words -> List.of(words).subList(1, words.length));
  }

  @ParameterizedTest
  @MethodSource("names")
  void helpShowsUsageAndExamples(List<String> command) {
    Run run = lockstep(command, "--help");
    assertThat(run.code()).isZero();
    assertThat(run.err()).isEmpty();
    assertThat(run.out())
        .contains(String.join(" ", "Usage: lockstep", String.join(" ", command)).strip())
        .contains("Examples:\n  lockstep ");
    assertThat(run.out().lines()).allMatch(line -> line.length() <= 100);
  }

  @ParameterizedTest
  @MethodSource("commands")
  void everyOptionIsDescribed(CommandLine command) {
    assertThat(command.getCommandSpec().options())
        .allSatisfy(
            option -> assertThat(option.description()).as(option.longestName()).isNotEmpty());
  }

  /** Beside its name in the list of commands stands the first line of its description alone. */
  @ParameterizedTest
  @MethodSource("commands")
  void theListOfCommandsHasWholeSentences(CommandLine command) {
    assertThat(command.getCommandSpec().usageMessage().description()[0])
        .endsWith(".")
        .hasSizeLessThanOrEqualTo(88);
  }

  @ParameterizedTest
  @MethodSource("names")
  void everyExampleInTheHelpParses(List<String> command) {
    Run run = lockstep(command, "--help");
    List<String> examples =
        run.out()
            .lines()
            .dropWhile(line -> !line.equals("Examples:"))
            .skip(1)
            .takeWhile(line -> line.startsWith("  lockstep "))
            .toList();
    PrintWriter nowhere = new PrintWriter(new StringWriter());
    assertThat(examples).isNotEmpty();
    for (String example : examples) {
      String arguments = example.strip().split(" {2,}")[0].substring("lockstep ".length());
      String[] words = arguments.split(" ");
      Lockstep.commandLine(nowhere, nowhere, words).parseArgs(words);
    }
  }

  @ParameterizedTest
  @MethodSource("names")
  void anUnknownOptionIsOneLine(List<String> command) {
    Run run = lockstep(command, "--no-such-option");
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.out()).isEmpty();
    assertThat(run.errLines()).singleElement().asString().contains("--no-such-option", "--help");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "trian           | lockstep: unknown command 'trian'; did you mean train?",
        "docter          | lockstep: unknown command 'docter'; did you mean doctor?",
        "doctor --jsn    | lockstep doctor: Unknown option: '--jsn'; did you mean --json?",
        "run --sanitise on a.ptx | lockstep run: Unknown option: '--sanitise'; did you mean --san",
        "doctor --json   | lockstep doctor: Missing required parameter for option '--json' (FILE)",
      })
  void aTypingErrorIsOneLineThatHelps(String arguments, String message) {
    Run run = Run.lockstep(arguments.split(" "));
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.errLines()).singleElement().asString().startsWith(message);
  }

  @Test
  void helpFitsTheTerminal() {
    CommandLine train = Lockstep.configured(new CommandLine(TrainCommand.class), 72);
    CommandLine run = Lockstep.configured(new CommandLine(RunCommand.class), 72);
    assertThat(Stream.of(train, run).flatMap(command -> command.getUsageMessage().lines()))
        .allMatch(line -> line.length() <= 72)
        .contains("  in:TYPE:VALUES      a buffer the kernel reads");
  }

  @Test
  void noCommandShowsTheCommandsAndIsAnError() {
    Run run = Run.lockstep();
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.out()).isEmpty();
    assertThat(run.err()).contains("Usage: lockstep", "  train ", "  check ", "  doctor ");
  }

  @Test
  void aNamedCommandIsDescribedAlone() {
    PrintWriter nowhere = new PrintWriter(new StringWriter());
    assertThat(Lockstep.commandLine(nowhere, nowhere, "run", "check").getSubcommands())
        .containsOnlyKeys("run");
    assertThat(Lockstep.commandLine(nowhere, nowhere, "trian").getSubcommands())
        .containsKeys("run", "train");
  }

  @Test
  void saysItsVersion() {
    assertThat(Run.lockstep("--version").out()).startsWith("lockstep ");
  }

  private static Run lockstep(List<String> command, String option) {
    return Run.lockstep(Stream.concat(command.stream(), Stream.of(option)).toArray(String[]::new));
  }
}
