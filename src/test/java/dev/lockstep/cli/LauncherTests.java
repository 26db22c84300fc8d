package dev.lockstep.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * The launcher in a folder that looks like ours, with a JDK and a Maven that only say how they were
 * called.
 */
@DisabledOnOs(OS.WINDOWS)
class LauncherTests {
  @TempDir private Path temporary;
  private Path home;
  private Path jdk;
  private Path source;

  @BeforeEach
  void lookLikeACheckout() throws IOException {
    home = Files.createDirectories(temporary.resolve("a check out"));
    Files.copy(Path.of("lockstep"), home.resolve("lockstep"));
    Files.writeString(home.resolve("pom.xml"), "<project/>");
    Files.createDirectories(home.resolve("kernels"));
    source = Files.createDirectories(home.resolve("src/main/java")).resolve("A.java");
    Files.writeString(source, "class A {}");
    jdk = fakeJdk("jdk-25", "25.0.1");
    program(
        "maven/bin/mvn",
        """
        echo "mvn $* with $JAVA_HOME" >>"%s"
        touch "%s/target/lockstep.jar"
        """
            .formatted(temporary.resolve("builds"), home));
  }

  @Test
  void buildsOnFirstUseWithTheJdkItFound() throws Exception {
    Started run = launch("doctor", "two words");
    assertThat(run.code).isZero();
    assertThat(run.out).contains("-jar " + home + "/target/lockstep.jar doctor two words");
    assertThat(run.err.lines())
        .containsExactly(
            "lockstep: building for the first use; Maven may have to download libraries");
    assertThat(builds()).singleElement().asString().contains("package", "with " + jdk);
  }

  @Test
  void buildsAgainOnlyWhenSomethingChanged() throws Exception {
    launch();
    assertThat(launch().err).isEmpty();
    assertThat(builds()).hasSize(1);

    changeInTheFuture(source);
    assertThat(launch().err).isEqualTo("lockstep: sources changed, building\n");
    assertThat(builds()).hasSize(2);
  }

  @Test
  void noticesADeletedSource() throws Exception {
    launch();
    Files.delete(source);
    changeInTheFuture(source.resolveSibling(""));
    launch();
    assertThat(builds()).hasSize(2);
  }

  @Test
  void showsTheErrorsOfABuildThatFails() throws Exception {
    program(
        "maven/bin/mvn",
        """
        echo 'WARNING: chatter of the JVM'
        echo 'rmsnorm.ptx does not match rmsnorm.cu'
        echo '[ERROR] A.java:[1,1] broken'
        echo '    at chatter.Of.a(Trace.java:1)'
        exit 1
        """);
    Started run = launch();
    assertThat(run.code).isEqualTo(3);
    assertThat(run.out).isEmpty();
    assertThat(run.err)
        .contains("rmsnorm.ptx does not match rmsnorm.cu", "[ERROR] A.java:[1,1] broken")
        .contains("the build failed", "target/build.log")
        .doesNotContain("chatter");
    assertThat(home.resolve("target/lockstep.jar")).doesNotExist();
    assertThat(home.resolve("target/.building")).doesNotExist();
  }

  @Test
  void startsWithTheClassesThatTheBuildArchived() throws Exception {
    program(
        "jdk-25/bin/java",
        """
        for option; do
          case $option in -XX:ArchiveClassesAtExit=*) echo >"${option#*=}" ;; esac
        done
        echo "$@"
        """);
    Path archive = home.resolve("target/lockstep.jsa");
    assertThat(launch("doctor").out)
        .contains(
            "-XX:SharedArchiveFile=" + archive, "-jar " + home + "/target/lockstep.jar doctor")
        .doesNotContain("ArchiveClassesAtExit");
    assertThat(archive).exists();
  }

  @Test
  void startsWithoutAnArchiveThatCouldNotBeMade() throws Exception {
    program(
        "jdk-25/bin/java",
        """
        for option; do
          case $option in -XX:ArchiveClassesAtExit=*) echo >"${option#*=}"; exit 1 ;; esac
        done
        echo "$@"
        """);
    Started run = launch("doctor");
    assertThat(run.code).isZero();
    assertThat(run.out).contains("lockstep.jar doctor").doesNotContain("SharedArchiveFile");
    assertThat(home.resolve("target")).isDirectoryNotContaining("glob:**.jsa*");
  }

  @Test
  void dropsTheNoticeOfTheIncubatorAndNothingElse() throws Exception {
    program(
        "jdk-25/bin/java",
        """
        echo "before" >&2
        echo "WARNING: Using incubator modules: jdk.incubator.vector" >&2
        printf '%s\\n' '  after \\n' >&2
        printf "no newline" >&2
        echo "real" >&3
        exit 7
        """);
    Started run = launch();
    assertThat(run.code).isEqualTo(7);
    assertThat(run.err.lines().filter(line -> !line.startsWith("lockstep: ")))
        .containsExactlyInAnyOrder("before", "  after \\n", "no newline", "real");
  }

  @Test
  void runsThroughSymbolicLinksFromAnywhere() throws Exception {
    Path first = Files.createSymbolicLink(temporary.resolve("first"), home.resolve("lockstep"));
    Path second = Files.createSymbolicLink(temporary.resolve("second"), first.getFileName());
    Started run = start(List.of(second.toString(), "doctor"), Map.of());
    assertThat(run.code).isZero();
    assertThat(run.out).contains("-jar " + home + "/target/lockstep.jar doctor");
  }

  @Test
  void refusesANamedJdkThatIsTooOld() throws Exception {
    Path old = fakeJdk("jdk-17", "17.0.12");
    Started run = start(command(), Map.of("LOCKSTEP_JAVA_HOME", old.toString()));
    assertThat(run.code).isEqualTo(2);
    assertThat(run.err.lines())
        .singleElement()
        .asString()
        .contains("LOCKSTEP_JAVA_HOME=" + old, "JDK 25");
    assertThat(builds()).isEmpty();
  }

  @Test
  void passesOverAnOldJavaHome() throws Exception {
    Path old = fakeJdk("jdk-17", "17.0.12");
    Map<String, String> environment =
        Map.of("LOCKSTEP_JAVA_HOME", "", "JAVA_HOME", old.toString(), "HOME", temporary.toString());
    Files.createDirectories(temporary.resolve(".jdks"));
    Files.createSymbolicLink(temporary.resolve(".jdks/25"), jdk);
    Started run = start(command("doctor"), environment);
    assertThat(run.out).as(run.err).doesNotContain("jdk-17");
  }

  @Test
  void asksForMavenWhenItHasToBuild() throws Exception {
    Started run = start(command(), Map.of("MAVEN_HOME", temporary.toString(), "PATH", tools()));
    assertThat(run.code).isEqualTo(2);
    assertThat(run.err.lines()).singleElement().asString().contains("Maven", "MAVEN_HOME");
  }

  private Started launch(String... arguments) throws Exception {
    return start(command(arguments), Map.of());
  }

  private List<String> command(String... arguments) {
    return Stream.concat(Stream.of(home.resolve("lockstep").toString()), Stream.of(arguments))
        .toList();
  }

  private Started start(List<String> command, Map<String, String> environment) throws Exception {
    ProcessBuilder builder = new ProcessBuilder(command).directory(temporary.toFile());
    builder.environment().keySet().removeIf(name -> name.matches("LOCKSTEP_.*|JAVA_HOME|M2_HOME"));
    builder.environment().put("LOCKSTEP_JAVA_HOME", jdk.toString());
    builder.environment().put("MAVEN_HOME", temporary.resolve("maven").toString());
    builder.environment().putAll(environment);
    Process process = builder.start();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    String err = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Started(process.waitFor(), out, err);
  }

  private List<String> builds() throws IOException {
    Path builds = temporary.resolve("builds");
    return Files.exists(builds) ? Files.readAllLines(builds) : List.of();
  }

  private Path fakeJdk(String name, String version) throws IOException {
    program(name + "/bin/java", "echo \"$@\"\n");
    program(name + "/bin/javac", "exit 1\n");
    Path folder = temporary.resolve(name);
    Files.writeString(folder.resolve("release"), "JAVA_VERSION=\"" + version + "\"\n");
    return folder;
  }

  private void program(String name, String script) throws IOException {
    Path file = temporary.resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(file, "#!/bin/sh\n" + script);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  /** A path with what the launcher itself calls, and no Maven. */
  private String tools() throws IOException {
    for (String name : List.of("sh", "sed", "find", "head", "dirname", "readlink", "mkdir")) {
      Path tool = Files.exists(Path.of("/usr/bin", name)) ? Path.of("/usr/bin") : Path.of("/bin");
      program("tools/" + name, "exec " + tool.resolve(name) + " \"$@\"\n");
    }
    return temporary.resolve("tools").toString();
  }

  private static void changeInTheFuture(Path file) throws IOException {
    Files.setLastModifiedTime(file, FileTime.from(Instant.now().plusSeconds(60)));
  }

  private record Started(int code, String out, String err) {}
}
