package dev.lockstep.check.run;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The CUDA compiler, where there is one. */
final class Nvcc {
  private Nvcc() {}

  /**
   * The PTX of a CUDA source file, with its line table.
   *
   * @param computeCapability of the device it is to run on, for example {@code 8.0}
   * @throws IllegalArgumentException when nvcc is missing or refuses, with what it said
   */
  static String compile(Path source, String computeCapability) {
    InputFile.text(source); // Says better than nvcc what is wrong with a file.
    Path nvcc =
        find(System::getenv)
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        source
                            + " needs nvcc, which is not on the PATH nor in CUDA_HOME; install"
                            + " CUDA, name it in NVCC, or give PTX"));
    return compile(nvcc, source, computeCapability);
  }

  /** The same with a compiler that is there. */
  static String compile(Path nvcc, Path source, String computeCapability) {
    Path folder = null;
    try {
      folder = Files.createTempDirectory("lockstep-nvcc");
      return compile(nvcc, source, computeCapability, folder);
    } catch (IOException e) {
      throw new IllegalArgumentException(nvcc + " does not run: " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalArgumentException("interrupted while nvcc compiled " + source, e);
    } finally {
      delete(folder);
    }
  }

  private static String compile(Path nvcc, Path source, String capability, Path folder)
      throws IOException, InterruptedException {
    Path ptx = folder.resolve("kernel.ptx");
    List<String> command =
        List.of(
            nvcc.toString(),
            "-ptx",
            "-lineinfo",
            "-arch=" + architecture(capability),
            "-o",
            ptx.toString(),
            source.toString());
    Path log = folder.resolve("log");
    Process process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    process.getOutputStream().close();
    int code = process.waitFor();
    if (code != 0) {
      throw new IllegalArgumentException(
          "nvcc cannot compile %s: %s"
              .formatted(
                  source, new String(Files.readAllBytes(log), StandardCharsets.UTF_8).strip()));
    }
    return InputFile.text(ptx);
  }

  /** From 9.0 on, instructions that only one architecture has need the letter behind it. */
  private static String architecture(String capability) {
    String number = capability.replace(".", "");
    return "sm_" + number + (number.length() > 2 || number.startsWith("9") ? "a" : "");
  }

  /**
   * What {@code NVCC} names, on the {@code PATH}, in CUDA's home, where it is mostly installed.
   *
   * @param environment values of variables; null where one is not set
   */
  static Optional<Path> find(UnaryOperator<@Nullable String> environment) {
    List<Path> candidates = new ArrayList<>();
    String named = environment.apply("NVCC");
    if (named != null && !named.isBlank()) {
      candidates.add(Path.of(named));
    }
    for (String folder : paths(environment.apply("PATH"))) {
      candidates.add(Path.of(folder, "nvcc"));
    }
    for (String variable : List.of("CUDA_HOME", "CUDA_PATH")) {
      String home = environment.apply(variable);
      if (home != null && !home.isBlank()) {
        candidates.add(Path.of(home, "bin", "nvcc"));
      }
    }
    candidates.add(Path.of("/usr/local/cuda/bin/nvcc"));
    return candidates.stream()
        .filter(file -> Files.isRegularFile(file) && Files.isExecutable(file))
        .findFirst();
  }

  private static List<String> paths(@Nullable String path) {
    return path == null
        ? List.of()
        : List.of(path.split(Pattern.quote(File.pathSeparator))).stream()
            .filter(folder -> !folder.isEmpty())
            .toList();
  }

  private static void delete(@Nullable Path folder) {
    if (folder == null) {
      return;
    }
    try (var files = Files.newDirectoryStream(folder)) {
      for (Path file : files) {
        Files.deleteIfExists(file);
      }
      Files.deleteIfExists(folder);
    } catch (IOException _) {
      // A temporary folder that stays behind is no reason to fail.
    }
  }
}
