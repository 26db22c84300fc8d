package dev.lockstep.train;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Where a run leaves its files; proven to be writable before the first step. */
record OutputFolder(Path checkpoint, Path log) {
  /**
   * Makes the folder if need be, and writes in it.
   *
   * @throws IllegalArgumentException saying why that cannot be done
   */
  static OutputFolder prepare(Path folder) {
    try {
      Files.createDirectories(folder);
      Files.delete(Files.createTempFile(folder, "writable", ".tmp"));
    } catch (IOException e) {
      throw new IllegalArgumentException(
          "--out " + folder + " cannot be written to: " + reason(e), e);
    }
    OutputFolder files =
        new OutputFolder(folder.resolve("checkpoint.safetensors"), folder.resolve("log.jsonl"));
    requireReplaceable(files.checkpoint);
    requireReplaceable(files.log);
    return files;
  }

  private static void requireReplaceable(Path file) {
    if (Files.isDirectory(file)) {
      throw new IllegalArgumentException(file + " cannot be written: it is a directory");
    }
    if (Files.exists(file) && !Files.isWritable(file)) {
      throw new IllegalArgumentException(file + " cannot be written: access denied");
    }
  }

  /** Why a file operation failed, in words. */
  static String reason(IOException failure) {
    return switch (failure) {
      case AccessDeniedException _ -> "access denied";
      case FileAlreadyExistsException e -> e.getFile() + " is no directory";
      case FileSystemException e when e.getReason() != null -> e.getFile() + ": " + e.getReason();
      default -> String.valueOf(failure.getMessage());
    };
  }
}
