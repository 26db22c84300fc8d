package dev.lockstep.cuda;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/**
 * Makes JCuda unpack its native libraries into a folder of this process alone. Left to itself it
 * unpacks to a fixed name in the shared temporary folder and loads whatever already lies there.
 */
final class PrivateNatives {
  private static final String TEMPORARY_FOLDER = "java.io.tmpdir";

  private PrivateNatives() {}

  /**
   * Runs the first touch of a JCuda class.
   *
   * @throws UnsatisfiedLinkError as JCuda throws it
   * @throws UncheckedIOException when the folder cannot be made
   */
  static synchronized void load(Runnable firstTouch) {
    String shared = System.getProperty(TEMPORARY_FOLDER);
    Path own;
    try {
      own = Files.createTempDirectory("lockstep-natives");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    try {
      // JCuda offers no other way to name the folder.
      System.setProperty(TEMPORARY_FOLDER, own.toString());
      firstTouch.run();
    } finally {
      System.setProperty(TEMPORARY_FOLDER, shared);
      delete(own);
    }
  }

  /** A loaded library needs its file no more; Windows keeps it until the process ends. */
  private static void delete(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
      Files.delete(folder);
    } catch (IOException e) {
      folder.toFile().deleteOnExit();
    }
  }
}
