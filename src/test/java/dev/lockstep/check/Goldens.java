package dev.lockstep.check;

import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Path;
import java.util.Objects;

/** The golden cases among the test resources. */
final class Goldens {
  private Goldens() {}

  static Path folder() {
    URL folder = Objects.requireNonNull(Goldens.class.getResource("/goldens"));
    try {
      return Path.of(folder.toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  static GoldenSet open() {
    return GoldenSet.open(folder());
  }
}
