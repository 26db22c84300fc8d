package dev.lockstep.device;

import java.nio.file.Path;
import java.util.Map;

/** Where shared libraries are kept that were fetched for Lockstep alone. */
public final class FetchedLibraries {
  private FetchedLibraries() {}

  /** Those of CUDA 12, for this user. */
  public static Path cuda12() {
    return cuda12(System.getenv(), Path.of(System.getProperty("user.home")));
  }

  /** The same below {@code XDG_CACHE_HOME}, or a home's {@code .cache}. */
  public static Path cuda12(Map<String, String> environment, Path home) {
    String cache = environment.get("XDG_CACHE_HOME");
    Path base = cache == null || cache.isEmpty() ? home.resolve(".cache") : Path.of(cache);
    return base.resolve("lockstep").resolve("cuda-12");
  }
}
