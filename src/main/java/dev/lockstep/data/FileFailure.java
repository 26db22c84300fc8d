package dev.lockstep.data;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;

/** What a file operation failed on. */
public final class FileFailure {
  private FileFailure() {}

  /** In words, without the name of a Java class. */
  public static String reason(IOException failure) {
    return switch (failure) {
      case NoSuchFileException e -> "there is no file " + e.getFile();
      case AccessDeniedException e -> "no permission for " + e.getFile();
      case FileAlreadyExistsException e -> e.getFile() + " is no directory";
      case CharacterCodingException _ -> "it is not text in UTF-8";
      case FileSystemException e when e.getReason() != null -> e.getReason();
      default -> String.valueOf(failure.getMessage());
    };
  }
}
