package dev.lockstep.profile.page;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * The Chromium of this machine, without a window: opens a file and tells what became of the page.
 *
 * @param dom the document after its scripts ran
 * @param console what they, or the browser about them, wrote to the console
 */
public record Chromium(String dom, List<String> console) {
  private static final List<String> NAMES =
      List.of("chromium", "chromium-browser", "google-chrome");

  /** Whether there is one; tests say so and are skipped where there is none. */
  public static boolean isInstalled() {
    return program().isPresent();
  }

  /**
   * Opens a page, with every name of a host unknown.
   *
   * @param scratch folder for what the browser writes
   */
  public static Chromium open(Path page, Path scratch) throws IOException, InterruptedException {
    Path dom = scratch.resolve("dom.html");
    Path log = scratch.resolve("chromium.log");
    Process process =
        new ProcessBuilder(
                program().orElseThrow().toString(),
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--host-resolver-rules=MAP * ~NOTFOUND",
                "--user-data-dir=" + scratch.resolve("profile"),
                "--enable-logging=stderr",
                "--dump-dom",
                page.toUri().toString())
            .redirectOutput(dom.toFile())
            .redirectError(log.toFile())
            .start();
    if (!process.waitFor(2, TimeUnit.MINUTES)) {
      process.destroyForcibly();
      throw new IllegalStateException("Chromium did not end within two minutes");
    }
    try (Stream<String> lines = Files.lines(log)) {
      return new Chromium(
          Files.readString(dom), lines.filter(line -> line.contains("CONSOLE")).toList());
    }
  }

  private static Optional<Path> program() {
    return Stream.of(System.getenv("PATH").split(java.io.File.pathSeparator))
        .flatMap(folder -> NAMES.stream().map(name -> Path.of(folder, name)))
        .filter(Files::isExecutable)
        .findFirst();
  }
}
