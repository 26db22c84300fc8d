import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Ties the committed PTX to its sources without a compiler. The hash of a kernel file is SHA-256
 * over the nvcc flags, the file and every project header it includes, directly or not, with line
 * endings normalised, so that a checkout with CRLF has the same one.
 *
 * <p>Run from any folder: {@code java kernels/tools/SourceHash.java print} lists {@code name hash}
 * pairs; {@code verify [CLASSES]} fails, in one line, when {@code ptx/kernels.json} records other
 * hashes. Given the folder of compiled classes, it also packages the fat binaries of {@code
 * build/fatbin} there, and only those made from exactly the committed PTX.
 */
public final class SourceHash {
  private static final Pattern INCLUDE =
      Pattern.compile("(?m)^[ \\t]*#[ \\t]*include[ \\t]*\"(.*?)\"");

  /** IndexKernels writes one image per line, beginning with these four fields. */
  private static final Pattern IMAGE =
      Pattern.compile(
          "\\{\"name\": \"(.*?)\", \"source\": \"(.*?)\", \"hash\": \"(.*?)\", \"ptxHash\":"
              + " \"(.*?)\"");

  private final Path kernels;

  private SourceHash(Path kernels) {
    this.kernels = kernels;
  }

  public static void main(String[] args) throws IOException {
    Path root = Files.isDirectory(Path.of("kernels")) ? Path.of("kernels") : Path.of("");
    SourceHash hasher = new SourceHash(root);
    if (args.length == 1 && args[0].equals("print")) {
      for (Path source : hasher.list("", "*.cu")) {
        System.out.println(stem(source) + " " + hasher.hash(source));
      }
    } else if (args.length >= 1 && args.length <= 2 && args[0].equals("verify")) {
      List<String> stale = hasher.stale();
      if (!stale.isEmpty()) {
        System.err.println(String.join("; ", stale) + ": run make -C kernels");
        System.exit(1);
      }
      if (args.length == 2) {
        hasher.packageFatBinaries(Path.of(args[1]).resolve("dev/lockstep/kernels"));
      }
    } else {
      System.err.println("usage: java kernels/tools/SourceHash.java print | verify [CLASSES]");
      System.exit(2);
    }
  }

  private String hash(Path source) throws IOException {
    TreeMap<String, String> texts = new TreeMap<>();
    collect(source, texts);
    StringBuilder all = new StringBuilder(text(kernels.resolve("nvcc.flags")));
    for (Map.Entry<String, String> file : texts.entrySet()) {
      all.append("\n--- ").append(file.getKey()).append('\n').append(file.getValue());
    }
    return sha256(all.toString());
  }

  /** Adds a file and what it includes; names are relative to the kernels folder. */
  private void collect(Path file, Map<String, String> texts) throws IOException {
    String name = kernels.relativize(file).toString().replace('\\', '/');
    if (texts.containsKey(name)) {
      return;
    }
    String text = text(file);
    texts.put(name, text);
    Matcher include = INCLUDE.matcher(text);
    while (include.find()) {
      Path beside = file.resolveSibling(include.group(1)).normalize();
      Path shared = kernels.resolve("include").resolve(include.group(1)).normalize();
      if (!Files.exists(beside) && !Files.exists(shared)) {
        System.err.println(
            "kernels/" + name + " includes \"" + include.group(1) + "\", which is not there");
        System.exit(1);
      }
      collect(Files.exists(beside) ? beside : shared, texts);
    }
  }

  /** One sentence for each file that does not fit; empty when all is current. */
  private List<String> stale() throws IOException {
    Path index = kernels.resolve("ptx/kernels.json");
    if (!Files.exists(index)) {
      return List.of("kernels/ptx/kernels.json is missing");
    }
    List<String> found = new ArrayList<>();
    TreeSet<String> recorded = new TreeSet<>();
    Matcher image = IMAGE.matcher(text(index));
    while (image.find()) {
      String name = image.group(1);
      recorded.add(name);
      Path source = kernels.resolve(image.group(2));
      Path ptx = kernels.resolve("ptx/" + name + ".ptx");
      if (!Files.exists(source)) {
        found.add("kernels/ptx/" + name + ".ptx has no kernels/" + image.group(2));
      } else if (!Files.exists(ptx)) {
        found.add("kernels/ptx/" + name + ".ptx is missing");
      } else if (!hash(source).equals(image.group(3))) {
        found.add(
            "kernels/ptx/"
                + name
                + ".ptx does not match kernels/"
                + image.group(2)
                + ", its headers and kernels/nvcc.flags");
      } else if (!sha256(text(ptx)).equals(image.group(4))) {
        found.add("kernels/ptx/" + name + ".ptx is not the text that was generated");
      }
    }
    for (Path source : list("", "*.cu")) {
      if (!recorded.contains(stem(source))) {
        found.add("kernels/" + source.getFileName() + " has no PTX");
      }
    }
    return found;
  }

  private void packageFatBinaries(Path target) throws IOException {
    Files.createDirectories(target);
    for (Path ptx : list("ptx", "*.ptx")) {
      Path built = kernels.resolve("build/fatbin/" + stem(ptx) + ".fatbin");
      Path packaged = target.resolve(stem(ptx) + ".fatbin");
      Path madeFrom = kernels.resolve("build/fatbin/" + stem(ptx) + ".ptx");
      if (Files.exists(built) && Files.exists(madeFrom) && Files.mismatch(ptx, madeFrom) < 0) {
        Files.copy(built, packaged, StandardCopyOption.REPLACE_EXISTING);
        continue;
      }
      Files.deleteIfExists(packaged);
      if (Files.exists(built)) {
        System.out.println(
            "left out "
                + built
                + ": it was made from other PTX than is committed; run make -C kernels");
      }
    }
  }

  private List<Path> list(String folder, String pattern) throws IOException {
    TreeSet<Path> files = new TreeSet<>();
    try (DirectoryStream<Path> found = Files.newDirectoryStream(kernels.resolve(folder), pattern)) {
      found.forEach(files::add);
    }
    return List.copyOf(files);
  }

  private static String stem(Path file) {
    return file.getFileName().toString().replaceFirst("\\.[a-z]+$", "");
  }

  private static String text(Path file) throws IOException {
    return Files.readString(file).replace("\r\n", "\n");
  }

  private static String sha256(String text) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
