package dev.lockstep.cli;

import dev.lockstep.data.FileFailure;
import dev.lockstep.device.FetchedLibraries;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * Brings cuBLAS to a machine that has an NVIDIA driver and no CUDA toolkit: from a Maven artifact
 * that holds NVIDIA's libraries, into a folder where the CUDA device looks for them.
 *
 * @param maven the command
 * @param folder where the libraries go
 */
record CublasFetch(Optional<Path> maven, Path folder) {
  /** Bytedeco publishes the redistributable libraries of CUDA 12.6, those of cuBLAS among them. */
  static final String ARTIFACT = "org.bytedeco:cuda:12.6-9.5-1.5.11:jar:linux-x86_64-redist";

  static final String CONSENT = "--accept-nvidia-licence";

  private static final String COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.9.0:copy";

  /** The one that the other needs first. */
  private static final List<String> LIBRARIES = List.of("libcublasLt.so.12", "libcublas.so.12");

  /** With this machine's Maven, into this user's folder. */
  static CublasFetch ofMachine() {
    String home = System.getenv("MAVEN_HOME");
    Optional<Path> own =
        home == null
            ? Optional.empty()
            : Optional.of(Path.of(home, "bin", "mvn")).filter(Files::isExecutable);
    return new CublasFetch(own.or(() -> Tool.onPath("mvn")), FetchedLibraries.cuda12());
  }

  /** What would happen, and what is agreed to. */
  List<String> explanation() {
    return List.of(
        "cuBLAS is NVIDIA's library of matrix products. Lockstep runs without it; with it",
        "`train --matmul cublas` and `bench matmul` compare it with Lockstep's own kernels.",
        "",
        "artifact  " + ARTIFACT + ", from the repositories Maven is set up for",
        "size      2.0 GB to download, which Maven keeps; the two libraries are unpacked from it",
        "kept in   " + folder + ": " + String.join(", ", LIBRARIES),
        "licence   NVIDIA's, not Lockstep's: the CUDA Toolkit End User License Agreement,",
        "          https://docs.nvidia.com/cuda/eula/. By fetching you accept it.",
        "instead   a CUDA 12 toolkit that is installed is found by itself: on the linker's path,"
            + " in",
        "          CUDA_HOME, in /usr/local/cuda, or where LOCKSTEP_CUDA_LIBRARIES points");
  }

  /** Whether nothing is left to fetch. */
  boolean done() {
    return LIBRARIES.stream().allMatch(name -> Files.isRegularFile(folder.resolve(name)));
  }

  /**
   * Fetches.
   *
   * @throws UserError in one line when Maven is missing or cannot get it, or the folder cannot be
   *     written
   */
  void run(Consumer<String> say) {
    Path command =
        maven.orElseThrow(
            () ->
                new UserError(
                    "--fetch-cublas needs Maven, and mvn is not on the path; set MAVEN_HOME, or"
                        + " install a CUDA 12 toolkit"));
    try {
      Files.createDirectories(folder);
      Path partial = Files.createTempDirectory(folder, "partial");
      try {
        say.accept("fetching  " + ARTIFACT);
        resolve(command, partial);
        unpack(partial);
      } finally {
        delete(partial);
      }
      LIBRARIES.forEach(name -> say.accept("kept      " + folder.resolve(name)));
    } catch (IOException e) {
      throw new UserError(
          "--fetch-cublas: " + folder + " cannot be written: " + FileFailure.reason(e), e);
    }
  }

  private static void resolve(Path command, Path into) throws IOException {
    Process process =
        new ProcessBuilder(
                command.toString(),
                "-B",
                "-ntp",
                COPY,
                "-Dartifact=" + ARTIFACT,
                "-DoutputDirectory=" + into)
            .directory(into.toFile())
            .redirectErrorStream(true)
            .start();
    process.getOutputStream().close();
    String text;
    try (InputStream out = process.getInputStream()) {
      text = new String(out.readAllBytes(), StandardCharsets.UTF_8);
    }
    int code = waitFor(process);
    if (code != 0) {
      throw new UserError(
          "--fetch-cublas: Maven cannot get " + ARTIFACT + ": " + reason(text, code));
    }
  }

  private static int waitFor(Process process) {
    try {
      return process.waitFor();
    } catch (InterruptedException e) {
      process.destroy();
      Thread.currentThread().interrupt();
      throw new UserError("--fetch-cublas: interrupted", e);
    }
  }

  /** Maven's first error says what was wrong; the rest is advice. */
  private static String reason(String text, int code) {
    return text.lines()
        .filter(line -> line.startsWith("[ERROR]"))
        .map(line -> line.substring("[ERROR]".length()).strip())
        .filter(line -> !line.isEmpty())
        .findFirst()
        .orElse("it ended with code " + code);
  }

  /** All or nothing: what is under its own name is whole. */
  private void unpack(Path partial) throws IOException {
    Path jar;
    try (Stream<Path> files = Files.list(partial)) {
      jar =
          files
              .filter(file -> file.toString().endsWith(".jar"))
              .findFirst()
              .orElseThrow(() -> new UserError("--fetch-cublas: Maven brought no jar"));
    }
    try (ZipFile zip = new ZipFile(jar.toFile())) {
      for (String name : LIBRARIES) {
        ZipEntry entry =
            zip.stream()
                .filter(each -> each.getName().endsWith("/" + name))
                .findFirst()
                .orElseThrow(
                    () -> new UserError("--fetch-cublas: " + ARTIFACT + " holds no " + name));
        try (InputStream in = zip.getInputStream(entry)) {
          Files.copy(in, partial.resolve(name));
        }
      }
    }
    for (String name : LIBRARIES) {
      Files.move(
          partial.resolve(name),
          folder.resolve(name),
          StandardCopyOption.ATOMIC_MOVE,
          StandardCopyOption.REPLACE_EXISTING);
    }
  }

  private static void delete(Path partial) {
    try (Stream<Path> files = Files.list(partial)) {
      for (Path file : files.toList()) {
        Files.deleteIfExists(file);
      }
      Files.deleteIfExists(partial);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
