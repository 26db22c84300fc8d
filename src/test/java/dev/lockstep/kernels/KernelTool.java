package dev.lockstep.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;

/**
 * A program of {@code kernels/tools}, run as the build runs it, in a process of its own; compiled
 * once, for the oldest Java it must run on.
 */
record KernelTool(String name, Path classes) {
  static final Path KERNELS = Path.of("kernels").toAbsolutePath();

  /** Folders of other sources whose PTX is committed, too. */
  private static final List<String> PROGRAMS =
      List.of(
          "bench/kernels",
          "src/test/resources/math",
          "src/test/resources/ptx-programs",
          "src/test/resources/sanitizer");

  private static final String OLDEST_JAVA = "17";

  /** What a finished process left behind. */
  record Result(int exit, String out, String err) {}

  static KernelTool compile(String name, Path classes) {
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    String source = KERNELS.resolve("tools/" + name + ".java").toString();
    int exit =
        compiler.run(null, null, null, "--release", OLDEST_JAVA, "-d", classes.toString(), source);
    assertThat(exit).as("javac " + source).isZero();
    return new KernelTool(name, classes);
  }

  Result run(Path folder, String... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    // A JVM that lives for less than a second: nothing is worth compiling well.
    command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"));
    command.addAll(List.of("-cp", classes.toString(), name));
    command.addAll(List.of(arguments));
    Path err = Files.createTempFile(classes, "err", ".txt");
    Process process =
        new ProcessBuilder(command).directory(folder.toFile()).redirectError(err.toFile()).start();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Result(process.waitFor(), out, Files.readString(err));
  }

  /** Copies the kernels folder, without what was built, to {@code target/kernels}. */
  static Path copyKernels(Path target) throws IOException {
    copy(KERNELS, target.resolve("kernels"));
    return target.resolve("kernels");
  }

  /** Copies the programs of {@code programs.txt} to where they lie below the root. */
  static void copyPrograms(Path target) throws IOException {
    for (String folder : PROGRAMS) {
      copy(KERNELS.resolveSibling(folder), target.resolve(folder));
    }
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Path relative = from.relativize(file);
        if (!relative.startsWith("build")) {
          Path copy = to.resolve(relative);
          Files.createDirectories(copy.getParent());
          Files.copy(file, copy);
        }
      }
    }
  }
}
