package dev.lockstep.train;

import dev.lockstep.data.FileFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Where a run leaves its files; proven to be writable before the first step. */
public record OutputFolder(Path checkpoint, Path best, Path log) {
  private static final String CHECKPOINT = "checkpoint.safetensors";
  private static final String BEST = "best.safetensors";
  static final String LOG = "log.jsonl";

  /** The folder itself, or the first of {@code folder-2}, {@code folder-3}, … without a run. */
  public static Path unused(Path folder) {
    Path candidate = folder;
    for (int number = 2; isUsed(candidate); number++) {
      candidate = folder.resolveSibling(folder.getFileName() + "-" + number);
    }
    return candidate;
  }

  private static boolean isUsed(Path folder) {
    return Files.isRegularFile(folder.resolve(CHECKPOINT))
        || Files.isRegularFile(folder.resolve(BEST))
        || Files.isRegularFile(folder.resolve(LOG));
  }

  /**
   * Makes the folder if need be, and writes in it. What an earlier run left there stays, unless the
   * run goes on from it or is told to overwrite it.
   *
   * @throws IllegalArgumentException saying why that cannot be done
   */
  static OutputFolder prepare(TrainConfig config) {
    Path folder = config.run().out();
    OutputFolder files = of(folder);
    if (isUsed(folder) && !config.run().overwrite() && !files.continues(config.run().resume())) {
      throw new IllegalArgumentException(
          "--out %s holds an earlier run: go on with --resume %s, take another folder, or --overwrite"
              .formatted(folder, files.checkpoint));
    }
    try {
      Files.createDirectories(folder);
      Files.delete(Files.createTempFile(folder, "writable", ".tmp"));
    } catch (IOException e) {
      throw new IllegalArgumentException(
          "--out " + folder + " cannot be written to: " + FileFailure.reason(e), e);
    }
    requireReplaceable(files.checkpoint);
    requireReplaceable(files.best);
    requireReplaceable(files.log);
    return files;
  }

  private static OutputFolder of(Path folder) {
    return new OutputFolder(folder.resolve(CHECKPOINT), folder.resolve(BEST), folder.resolve(LOG));
  }

  /** Whether a run that resumes from there goes on in this folder. */
  boolean continues(@Nullable Path resume) {
    return isSame(checkpoint, resume);
  }

  /** Whether a run resumes from the best checkpoint of an earlier one here. */
  boolean returnsToBest(@Nullable Path resume) {
    return isSame(best, resume);
  }

  private static boolean isSame(Path file, @Nullable Path other) {
    return other != null
        && file.toAbsolutePath().normalize().equals(other.toAbsolutePath().normalize());
  }

  private static void requireReplaceable(Path file) {
    if (Files.isDirectory(file)) {
      throw new IllegalArgumentException(file + " cannot be written: it is a directory");
    }
    if (Files.exists(file) && !Files.isWritable(file)) {
      throw new IllegalArgumentException(file + " cannot be written: access denied");
    }
  }
}
