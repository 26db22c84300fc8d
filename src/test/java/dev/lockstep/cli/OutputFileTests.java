package dev.lockstep.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

class OutputFileTests {
  @TempDir private Path folder;

  @Test
  void appearsOnlyWhenWritten() throws IOException {
    Path target = folder.resolve("new/report.json");
    try (OutputFile file = new OutputFile("--json", target)) {
      assertThat(target).doesNotExist();
      file.writeJson(Map.of("steps", 3));
      assertThat(JsonMapper.shared().readTree(Files.readAllBytes(target)).get("steps").asInt())
          .isEqualTo(3);
    }
    assertThat(names(target)).containsExactly("report.json");
  }

  @Test
  void leavesTheOldFileWhenNothingIsWritten() throws IOException {
    Path target = Files.writeString(folder.resolve("report.json"), "old");
    new OutputFile("--json", target).close();
    assertThat(target).hasContent("old");
    assertThat(names(target)).containsExactly("report.json");
  }

  /** Ends the process while a file is being written, as Ctrl-C does. */
  static final class Unfinished {
    private Unfinished() {}

    public static void main(String[] arguments) {
      new OutputFile("--json", Path.of(arguments[0]));
      System.exit(130);
    }
  }

  @Test
  void leavesNothingWhenTheProcessEndsBefore() throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(
                ProcessHandle.current().info().command().orElseThrow(),
                "-cp",
                System.getProperty("java.class.path"),
                Unfinished.class.getName(),
                folder.resolve("report.json").toString())
            .inheritIO()
            .start();
    assertThat(process.waitFor()).isEqualTo(130);
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void writesNumbersThatAreNotFiniteAsStrings() throws IOException {
    Path target = folder.resolve("report.json");
    try (OutputFile file = new OutputFile("--json", target)) {
      file.writeJson(List.of(Double.NaN, Double.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, 0.5));
    }
    assertThat(target.toFile())
        .content()
        .isEqualToIgnoringWhitespace("[\"NaN\", \"Infinity\", \"-Infinity\", 0.5]");
  }

  @Test
  void refusesAFolder() {
    assertThatThrownBy(() -> new OutputFile("--json", folder))
        .isInstanceOf(UserError.class)
        .hasMessage("--json " + folder + " is a directory; give the name of a file");
  }

  @Test
  void refusesAPlaceBehindAFile() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "");
    assertThatThrownBy(() -> new OutputFile("--json", file.resolve("report.json")))
        .isInstanceOf(UserError.class)
        .hasMessageStartingWith("--json " + file.resolve("report.json") + " cannot be written: ")
        .hasMessageNotContainingAny("\n", "Exception");
  }

  /** Nobody may create a file in {@code /proc}. */
  @Test
  @EnabledOnOs(OS.LINUX)
  void namesTheFolderThatTakesNoFile() {
    assertThatThrownBy(() -> new OutputFile("--json", Path.of("/proc/report.json")))
        .isInstanceOf(UserError.class)
        .hasMessageStartingWith("--json /proc/report.json cannot be written: ")
        .hasMessageEndingWith(" /proc");
  }

  @Test
  @DisabledOnOs(OS.WINDOWS)
  void writesIntoADeviceAndReplacesNone() throws IOException {
    Path device = folder.resolve("device");
    Files.createSymbolicLink(device, Path.of("/dev/null"));
    try (OutputFile file = new OutputFile("--json", device)) {
      file.writeText("gone");
    }
    assertThat(Files.readSymbolicLink(device)).isEqualTo(Path.of("/dev/null"));
    assertThat(names(device)).containsExactly("device");
    Files.delete(device); // JUnit warns of links that lead out of its folder.
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void saysWhenADeviceTakesNoMore() {
    try (OutputFile file = new OutputFile("--json", Path.of("/dev/full"))) {
      assertThatThrownBy(() -> file.writeText("too much"))
          .isInstanceOf(UncheckedIOException.class)
          .hasMessage("cannot write /dev/full");
    }
  }

  @Test
  @DisabledOnOs(OS.WINDOWS)
  void replacesWhatALinkPointsTo() throws IOException {
    Path target = Files.writeString(folder.resolve("report.json"), "old and longer");
    Path link = Files.createSymbolicLink(folder.resolve("latest.json"), target);
    try (OutputFile file = new OutputFile("--json", link)) {
      file.writeText("new");
    }
    assertThat(link).isSymbolicLink();
    assertThat(target).hasContent("new");
  }

  private static List<String> names(Path file) throws IOException {
    try (var files = Files.list(file.getParent())) {
      return files.map(each -> each.getFileName().toString()).toList();
    }
  }
}
