package dev.lockstep.cuda;

import dev.lockstep.device.FetchedLibraries;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.SymbolLookup;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** A library of the CUDA toolkit, which may or may not be on this machine. */
sealed interface NativeLibrary {
  /** The stand-ins of {@code native/} export it. */
  String STAND_IN = "lockstep_standin";

  /**
   * It is loaded, for good.
   *
   * @param where its file, or what the dynamic linker knows it by
   */
  record Found(SymbolLookup symbols, String where) implements NativeLibrary {
    boolean standIn() {
      return symbols.find(STAND_IN).isPresent();
    }
  }

  /** It cannot be loaded; {@code reason} is one line for people. */
  record Missing(String reason) implements NativeLibrary {}

  /**
   * Loads a library: one this process already has, else where the dynamic linker looks ({@code
   * LD_LIBRARY_PATH} included), else from the folders of toolkits.
   *
   * @param file for example {@code libcublas.so.12}
   * @param before file names of what it needs, looked for in its own folder first
   */
  static NativeLibrary find(String file, String... before) {
    return find(toolkits(System.getenv(), Path.of(System.getProperty("user.home"))), file, before);
  }

  /** As {@link #find(String, String...)}, in these folders. */
  static NativeLibrary find(List<Path> folders, String file, String... before) {
    Optional<SymbolLookup> known = open(file);
    if (known.isPresent()) {
      return new Found(known.get(), loadedFrom(file));
    }
    List<String> refused = new ArrayList<>();
    for (Path folder : folders) {
      Path candidate = folder.resolve(file);
      if (!Files.isRegularFile(candidate)) {
        continue;
      }
      if (!isLibrary(candidate)) {
        refused.add(candidate + " is no shared library");
        continue;
      }
      for (String needed : before) {
        open(folder.resolve(needed).toString());
      }
      Optional<SymbolLookup> symbols = open(candidate.toString());
      if (symbols.isPresent()) {
        return new Found(symbols.get(), candidate.toString());
      }
      refused.add(candidate + " needs something that is not there");
    }
    return new Missing(
        refused.isEmpty()
            ? file + " was not found" + others(file, folders)
            : file + " does not load: " + refused.getFirst());
  }

  /**
   * Where toolkits lie: {@code LOCKSTEP_CUDA_LIBRARIES}, what {@code doctor --fetch-cublas} put
   * away, {@code CUDA_HOME} and {@code CUDA_PATH}, and {@code /usr/local/cuda}.
   */
  static List<Path> toolkits(Map<String, String> environment, Path home) {
    List<Path> folders = new ArrayList<>();
    Optional.ofNullable(environment.get("LOCKSTEP_CUDA_LIBRARIES"))
        .ifPresent(folder -> folders.add(Path.of(folder)));
    folders.add(FetchedLibraries.cuda12(environment, home));
    for (String variable : List.of("CUDA_HOME", "CUDA_PATH")) {
      Optional.ofNullable(environment.get(variable))
          .ifPresent(
              folder -> {
                folders.add(Path.of(folder, "lib64"));
                folders.add(Path.of(folder, "bin"));
              });
    }
    folders.add(Path.of("/usr/local/cuda/lib64"));
    folders.add(Path.of("/usr/local/cuda-12/lib64"));
    return List.copyOf(folders);
  }

  /** The name of a library of CUDA 12 on this operating system; {@code cublas}, for example. */
  static String ofCuda12(String name) {
    return isWindows() ? name + "64_12.dll" : "lib" + name + ".so.12";
  }

  private static boolean isWindows() {
    return System.getProperty("os.name").toLowerCase(Locale.ROOT).startsWith("windows");
  }

  private static Optional<SymbolLookup> open(String library) {
    try {
      return Optional.of(SymbolLookup.libraryLookup(library, Arena.global()));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  /**
   * A library of that name for another CUDA, which explains more than that this one is not there.
   */
  private static String others(String file, List<Path> folders) {
    for (String version : List.of("13", "11", "10")) {
      String other = file.replaceFirst("12(?=(\\.dll)?$)", version);
      if (other.equals(file)) {
        break;
      }
      if (open(other).isPresent()
          || folders.stream().anyMatch(folder -> Files.exists(folder.resolve(other)))) {
        return "; " + other + " is there, but JCuda was built for CUDA 12";
      }
    }
    return "";
  }

  /** Whether a file begins as shared libraries do; the JVM complains loudly of loading others. */
  private static boolean isLibrary(Path file) {
    byte[] begin = new byte[4];
    try (InputStream in = Files.newInputStream(file)) {
      int read = in.readNBytes(begin, 0, begin.length);
      String magic = new String(begin, 0, read, StandardCharsets.ISO_8859_1);
      return magic.equals("\177ELF") || magic.startsWith("MZ");
    } catch (IOException e) {
      return false;
    }
  }

  /** The file behind a name, from what this process has mapped. */
  static String loadedFrom(String file) {
    try {
      return Files.readAllLines(Path.of("/proc/self/maps")).stream()
          .filter(line -> line.endsWith("/" + file) || line.contains("/" + file + "."))
          .map(line -> line.substring(line.indexOf('/')))
          .findFirst()
          .orElse(file);
    } catch (IOException e) {
      return file;
    }
  }
}
