package dev.lockstep.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.grill.Catalogue;
import dev.lockstep.grill.evidence.Verdict;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Holds the README to what there is. */
class ReadmeTests {
  private final String readme;

  ReadmeTests() throws IOException {
    readme = Files.readString(Path.of("README.md"));
  }

  @Test
  void listsEveryKernelFile() {
    List<String> images =
        PackagedKernels.inspect().stream().map(PackagedKernels.Image::name).toList();
    assertThat(firstCells("\\[`(\\w+)`]\\(kernels/\\w+\\.cu\\)"))
        .containsExactlyInAnyOrderElementsOf(images);
  }

  @Test
  void listsEveryPackage() throws IOException {
    try (Stream<Path> folders = Files.list(Path.of("src/main/java/dev/lockstep"))) {
      List<String> packages = folders.map(folder -> folder.getFileName().toString()).toList();
      assertThat(firstCells("`([a-z]+)`")).containsExactlyInAnyOrderElementsOf(packages);
    }
  }

  @Test
  void countsVerdicts() {
    String counts =
        Stream.of(Verdict.values())
            .map(
                verdict ->
                    Catalogue.labs().stream()
                        .filter(lab -> lab.question().expected() == verdict)
                        .count())
            .map(String::valueOf)
            .collect(Collectors.joining(", "));
    assertThat(counts).isEqualTo("27, 19, 10, 4");
    assertThat(readme.replaceAll("\\s+", " "))
        .contains(
            "27 come out confirmed, 19 with a correction, 10 refuted as stated, and 4 cannot be");
  }

  @Test
  void listsEveryCommand() {
    List<String> commands =
        LockstepTests.commands()
            .skip(1)
            .map(command -> "./" + command.getCommandSpec().qualifiedName())
            .toList();
    assertThat(commands).isNotEmpty();
    assertThat(readme).contains(commands);
  }

  @Test
  void linksOnlyToWhatExists() {
    List<String> links = groups("\\]\\(([^)#]+)\\)");
    assertThat(links).isNotEmpty().allSatisfy(link -> assertThat(Path.of(link)).exists());
  }

  /** Told to whoever has just cloned the repository: each runs there, as it stands. */
  @Test
  void kernelsAreRunAsShown() {
    List<String> commands = groups("(?m)^\\./lockstep (run (?:.*\\\\\\n)*.*)$");
    assertThat(commands).hasSizeGreaterThan(3);
    for (String command : commands) {
      String[] words = command.replaceAll(" #.*", "").replace("\\\n", " ").strip().split(" +");
      Run run = Run.lockstep(words);
      assertThat(run.code())
          .as("%s%n%s%s", command, run.out(), run.err())
          .isEqualTo(command.contains("exit code 3") ? 3 : 0);
    }
  }

  /** What stands in the first cell of rows whose whole cell looks like that. */
  private List<String> firstCells(String cell) {
    return groups("(?m)^\\| " + cell + " \\|");
  }

  private List<String> groups(String pattern) {
    return Pattern.compile(pattern).matcher(readme).results().map(ReadmeTests::group).toList();
  }

  private static String group(MatchResult match) {
    return match.group(1);
  }
}
