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
import java.util.StringJoiner;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Ties the committed PTX to its sources without a compiler. The hash of a kernel file is SHA-256
 * over the nvcc flags, the file and every project header it includes, directly or not, with line
 * endings normalised, so that a checkout with CRLF has the same one.
 *
 * <p>{@code programs.txt} lists other sources whose PTX is committed beside them: programs of tests
 * and benchmarks, each with flags of its own, which its hash covers instead.
 *
 * <p>Run from any folder: {@code java kernels/tools/SourceHash.java print} lists {@code name hash}
 * pairs; {@code programs} writes what {@code ptx/programs.json} is to record; {@code verify
 * [CLASSES]} fails, in one line, when the indexes record other hashes. Given the folder of compiled
 * classes, it also packages the fat binaries of {@code build/fatbin} there, and only those made
 * from exactly the committed PTX.
 */
public final class SourceHash {
  private static final Pattern INCLUDE =
      Pattern.compile("(?m)^[ \\t]*#[ \\t]*include[ \\t]*\"(.*?)\"");

  /** The indexes have one image per line, beginning with these four fields. */
  private static final Pattern IMAGE =
      Pattern.compile(
          "\\{\"name\": \"(.*?)\", \"source\": \"(.*?)\", \"hash\": \"(.*?)\", \"ptxHash\":"
              + " \"(.*?)\"");

  /** Folders in which PTX lies beside the source it was made from. */
  private static final List<String> PROGRAM_FOLDERS = List.of("src/test/resources", "bench");

  /** PTX that is committed beside its source; paths are from the root. */
  private record Program(String ptx, String source, String flags) {}

  private final Path kernels;
  private final Path root;

  private SourceHash(Path kernels) {
    this.kernels = kernels;
    root = kernels.resolve("..").normalize();
  }

  public static void main(String[] args) throws IOException {
    Path root = Files.isDirectory(Path.of("kernels")) ? Path.of("kernels") : Path.of("");
    SourceHash hasher = new SourceHash(root);
    if (args.length == 1 && args[0].equals("print")) {
      for (Path source : hasher.list("", "*.cu")) {
        System.out.println(stem(source) + " " + hasher.hash(source));
      }
    } else if (args.length == 1 && args[0].equals("programs")) {
      System.out.print(hasher.programIndex());
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
      System.err.println(
          "usage: java kernels/tools/SourceHash.java print | programs | verify [CLASSES]");
      System.exit(2);
    }
  }

  private String hash(Path source) throws IOException {
    return hash(text(kernels.resolve("nvcc.flags")), source, kernels);
  }

  private String hash(Program program) throws IOException {
    return hash(program.flags(), root.resolve(program.source()), root);
  }

  /** Of flags, a source and what it includes; their names are relative to a folder. */
  private String hash(String flags, Path source, Path folder) throws IOException {
    TreeMap<String, String> texts = new TreeMap<>();
    collect(source, folder, texts);
    StringBuilder all = new StringBuilder(flags);
    for (Map.Entry<String, String> file : texts.entrySet()) {
      all.append("\n--- ").append(file.getKey()).append('\n').append(file.getValue());
    }
    return sha256(all.toString());
  }

  /** Adds a file and what it includes. */
  private void collect(Path file, Path folder, Map<String, String> texts) throws IOException {
    String name = portable(folder.relativize(file));
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
        String from = folder.equals(kernels) ? "kernels/" : "";
        System.err.println(
            from + name + " includes \"" + include.group(1) + "\", which is not there");
        System.exit(1);
      }
      collect(Files.exists(beside) ? beside : shared, folder, texts);
    }
  }

  private List<Program> programs() throws IOException {
    List<Program> programs = new ArrayList<>();
    for (String line : text(kernels.resolve("programs.txt")).split("\n")) {
      if (line.startsWith("#") || line.isBlank()) {
        continue;
      }
      String[] words = line.split(" ", 3);
      if (words.length < 3) {
        System.err.println("kernels/programs.txt: no PTX, source and flags: " + line);
        System.exit(1);
      }
      programs.add(new Program(words[0], words[1], words[2]));
    }
    return programs;
  }

  private String programIndex() throws IOException {
    StringJoiner images = new StringJoiner(",\n    ", "{\n  \"images\": [\n    ", "\n  ]\n}\n");
    for (Program program : programs()) {
      images.add(
          String.format(
              "{\"name\": \"%s\", \"source\": \"%s\", \"hash\": \"%s\", \"ptxHash\": \"%s\"}",
              program.ptx(),
              program.source(),
              hash(program),
              sha256(text(root.resolve(program.ptx())))));
    }
    return images.toString();
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
    found.addAll(stalePrograms());
    return found;
  }

  private List<String> stalePrograms() throws IOException {
    Map<String, MatchResult> recorded = new TreeMap<>();
    Path index = kernels.resolve("ptx/programs.json");
    if (Files.exists(index)) {
      IMAGE.matcher(text(index)).results().forEach(image -> recorded.put(image.group(1), image));
    }
    List<String> found = new ArrayList<>();
    TreeSet<String> listed = new TreeSet<>();
    for (Program program : programs()) {
      String name = program.ptx();
      listed.add(name);
      MatchResult image = recorded.get(name);
      if (!Files.exists(root.resolve(program.source()))) {
        found.add(name + " has no " + program.source());
      } else if (!Files.exists(root.resolve(name))) {
        found.add(name + " is missing");
      } else if (image == null || !hash(program).equals(image.group(3))) {
        found.add(
            name
                + " does not match "
                + program.source()
                + ", its headers and its flags in kernels/programs.txt");
      } else if (!sha256(text(root.resolve(name))).equals(image.group(4))) {
        found.add(name + " is not the text that was generated");
      }
    }
    for (String folder : PROGRAM_FOLDERS) {
      try (Stream<Path> files = Files.walk(root.resolve(folder))) {
        files
            .filter(file -> file.toString().endsWith(".ptx"))
            .filter(file -> Files.exists(besideIt(file)))
            .map(file -> portable(root.relativize(file)))
            .filter(name -> !listed.contains(name))
            .sorted()
            .forEach(name -> found.add(name + " is not listed in kernels/programs.txt"));
      }
    }
    return found;
  }

  /** Of {@code values.O0.ptx}: {@code values.cu}. */
  private static Path besideIt(Path ptx) {
    return ptx.resolveSibling(ptx.getFileName().toString().split("\\.")[0] + ".cu");
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

  private static String portable(Path path) {
    return path.toString().replace('\\', '/');
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
