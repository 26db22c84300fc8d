package dev.lockstep.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** With a Maven that is a script: what it would fetch is gigabytes. */
class CublasFetchTests {
  @TempDir private Path folder;

  private final List<String> said = new ArrayList<>();

  @BeforeEach
  void scripts() {
    assumeTrue(Files.isExecutable(Path.of("/bin/sh")), "there is no shell");
  }

  /** A script that gets the output folder as {@code $out} and its arguments. */
  private CublasFetch with(String script) throws IOException {
    Path maven = folder.resolve("mvn");
    Files.writeString(
        maven,
        """
        #!/bin/sh
        for argument in "$@"; do
          case $argument in -DoutputDirectory=*) out=${argument#*=} ;; esac
        done
        """
            + script);
    Files.setPosixFilePermissions(maven, PosixFilePermissions.fromString("rwx------"));
    return new CublasFetch(Optional.of(maven), folder.resolve("kept"));
  }

  private Path jar(String... names) throws IOException {
    Path jar = folder.resolve("some.jar");
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(jar))) {
      for (String name : names) {
        zip.putNextEntry(new ZipEntry("org/bytedeco/cuda/linux-x86_64/" + name));
        zip.write(name.getBytes(java.nio.charset.StandardCharsets.UTF_8));
      }
    }
    return jar;
  }

  @Test
  void bothLibrariesAreKeptAndNothingElse() throws IOException {
    Path jar = jar("libcublas.so.12", "libcublasLt.so.12", "libcudart.so.12");
    CublasFetch fetch =
        with("echo \"$@\" > " + folder + "/asked; cp " + jar + " \"$out\"/it.jar\n");
    assertThat(fetch.done()).isFalse();
    fetch.run(said::add);
    assertThat(fetch.done()).isTrue();
    assertThat(folder.resolve("kept").resolve("libcublas.so.12")).hasContent("libcublas.so.12");
    assertThat(folder.resolve("kept")).isDirectoryNotContaining("glob:**{partial,cudart}*");
    assertThat(Files.readString(folder.resolve("asked")))
        .contains("-Dartifact=" + CublasFetch.ARTIFACT);
    assertThat(said).anyMatch(line -> line.endsWith("libcublasLt.so.12"));
  }

  @Test
  void whyMavenCannotGetItIsSaidInOneLine() throws IOException {
    CublasFetch fetch =
        with(
            """
            echo '[INFO] Scanning'
            echo '[ERROR] Failed to execute goal: Could not transfer artifact: Unknown host'
            echo '[ERROR] To see the full stack trace'
            exit 1
            """);
    assertThatThrownBy(() -> fetch.run(said::add))
        .isInstanceOf(UserError.class)
        .hasMessage(
            "--fetch-cublas: Maven cannot get "
                + CublasFetch.ARTIFACT
                + ": Failed to execute goal: Could not transfer artifact: Unknown host");
    assertThat(folder.resolve("kept")).isEmptyDirectory();
  }

  @Test
  void anArtifactWithoutItLeavesNothing() throws IOException {
    CublasFetch fetch = with("cp " + jar("libcublasLt.so.12") + " \"$out\"/it.jar\n");
    assertThatThrownBy(() -> fetch.run(said::add)).hasMessageEndingWith("holds no libcublas.so.12");
    assertThat(folder.resolve("kept")).isEmptyDirectory();
  }

  @Test
  void withoutMavenItSaysWhatToDo() {
    assertThatThrownBy(() -> new CublasFetch(Optional.empty(), folder).run(said::add))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("needs Maven");
  }

  @Test
  void withoutConsentItOnlyExplains() {
    Run run = Run.lockstep("doctor", "--fetch-cublas");
    assertThat(run.code()).isZero();
    assertThat(run.out())
        .contains(
            CublasFetch.ARTIFACT,
            "2.0 GB",
            "https://docs.nvidia.com/cuda/eula/",
            CublasFetch.CONSENT);
    assertThat(run.out()).doesNotContain("fetching  ");
  }

  @Test
  void consentAloneIsRefused() {
    Run run = Run.lockstep("doctor", CublasFetch.CONSENT);
    assertThat(run.code()).isEqualTo(Lockstep.USAGE);
    assertThat(run.errLines()).singleElement().asString().contains("--fetch-cublas");
  }
}
