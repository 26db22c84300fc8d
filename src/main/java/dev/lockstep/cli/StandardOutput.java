package dev.lockstep.cli;

import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The program's stdout, which remembers why it could not be written to: a {@link PrintStream} alone
 * swallows that, and results would be lost without a word. A reader that has seen enough, as {@code
 * | head} has, is no failure.
 */
final class StandardOutput extends OutputStream {
  /** What Linux, macOS and Windows call a pipe whose reader has gone. */
  private static final String READER_GONE = "(?i).*(broken pipe|pipe is being closed).*";

  private final OutputStream target;
  private volatile @Nullable IOException failure;

  StandardOutput(OutputStream target) {
    this.target = target;
  }

  /** Takes the place of {@link System#out}. */
  static StandardOutput adopt() {
    StandardOutput output = new StandardOutput(new FileOutputStream(FileDescriptor.out));
    System.setOut(new PrintStream(new BufferedOutputStream(output), true, StandardCharsets.UTF_8));
    return output;
  }

  /** Why something is missing from what was printed. */
  Optional<String> loss() {
    return Optional.ofNullable(failure)
        .map(each -> String.valueOf(each.getMessage()))
        .filter(reason -> !reason.matches(READER_GONE));
  }

  @Override
  public void write(int b) throws IOException {
    write(new byte[] {(byte) b}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int from, int count) throws IOException {
    try {
      target.write(bytes, from, count);
    } catch (IOException e) {
      failure = e;
      throw e;
    }
  }
}
