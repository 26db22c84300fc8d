package dev.lockstep.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.lang.reflect.Constructor;
import java.nio.charset.StandardCharsets;

/**
 * Takes over the stderr that the launcher hands on. While the JVM starts, descriptor 2 leads to a
 * reader that leaves out the JVM's notice about an incubating module; the program itself writes to
 * the real one, so that what it says arrives before it ends.
 */
final class StandardError {
  private static final String DESCRIPTOR = "lockstep.stderr";

  private StandardError() {}

  /** Does nothing when the launcher named no descriptor. */
  static void adopt() {
    Integer descriptor = Integer.getInteger(DESCRIPTOR);
    if (descriptor == null) {
      return;
    }
    try {
      // Opening /dev/fd/N instead would start a file over at its beginning.
      Constructor<FileDescriptor> open = FileDescriptor.class.getDeclaredConstructor(int.class);
      open.setAccessible(true);
      FileOutputStream stream = new FileOutputStream(open.newInstance(descriptor));
      System.setErr(new PrintStream(stream, true, StandardCharsets.UTF_8));
    } catch (ReflectiveOperationException | RuntimeException e) {
      throw new IllegalStateException(
          "cannot write to descriptor " + descriptor + "; start Lockstep with its launcher", e);
    }
  }
}
