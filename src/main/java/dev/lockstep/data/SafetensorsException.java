package dev.lockstep.data;

import java.io.IOException;
import java.nio.file.Path;

/** A file is no safetensors file we can trust: one line that names it and says what is wrong. */
public final class SafetensorsException extends IOException {
  SafetensorsException(Path file, String what) {
    super(file + ": " + what);
  }
}
