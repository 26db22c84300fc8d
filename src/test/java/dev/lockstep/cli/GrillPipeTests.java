package dev.lockstep.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.grill.Drill;
import dev.lockstep.grill.Progress;
import dev.lockstep.grill.evidence.Draws;
import dev.lockstep.grill.item.Choice;
import dev.lockstep.grill.lab.Topic;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The drill as a program of its own. */
class GrillPipeTests {
  @TempDir private Path folder;

  private Path progress() {
    return folder.resolve("progress.json");
  }

  /** The whole program with answers on its standard input, and a terminal that can nothing. */
  @Test
  void asksThroughAPlainPipe() throws IOException, InterruptedException {
    Draws draws = Draws.of(4);
    Draws grading = draws.child("grading");
    StringBuilder answers = new StringBuilder();
    for (Drill.Card card :
        Drill.cards(
            Progress.none(),
            Topic.BACKPROPAGATION,
            3,
            Drill.Form.CHOICES,
            LocalDate.now(),
            draws)) {
      Choice choice = (Choice) card.asked();
      int right = choice.options(grading).indexOf(choice.right());
      answers.append((char) ('a' + right)).append('\n');
    }
    String[] asked = {
      "--topic", "backpropagation", "--count", "4", "--seed", "4", "--choices", "--progress"
    };
    Path typed = Files.writeString(folder.resolve("answers"), answers);
    Path said = folder.resolve("said");
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--add-modules=jdk.incubator.vector",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                Lockstep.class.getName(),
                "grill",
                "--device",
                "sim"));
    command.addAll(List.of(asked));
    command.add(progress().toString());
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectInput(typed.toFile())
            .redirectOutput(said.toFile())
            .redirectErrorStream(true);
    builder.environment().put("TERM", "dumb");
    builder.environment().put("COLUMNS", "40");
    assertThat(builder.start().waitFor()).isZero();
    String output = Files.readString(said);
    assertThat(output)
        .contains("(4 of 4)", "3 of 3 right; less guesses, 3", "3 of 60")
        .doesNotContain("\u001b");
    assertThat(output.lines().filter(line -> line.startsWith("  ") && line.length() > 42))
        .as("only rows of tables are longer than the terminal is wide")
        .allMatch(line -> line.matches(".*\\S  +\\S.*"));
    assertThat(new ProgressFile(progress()).read(new PrintWriter(System.err)).questions())
        .hasSize(3);
  }
}
