import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Writes the index of the kernels, {@code kernels.json}, and its readable form, {@code
 * RESOURCES.md}, from the PTX, the source hashes and the logs of {@code ptxas -v}.
 *
 * <p>Run by the Makefile in {@code kernels/}: {@code java tools/IndexKernels.java COMPILER BUILD
 * PTX}. In BUILD lie {@code hashes} and one {@code NAME.sm_NN.log} per image and architecture.
 */
public final class IndexKernels {
  private static final Pattern VERSION = Pattern.compile("(?m)^\\.version (\\S+)");
  private static final Pattern TARGET = Pattern.compile("(?m)^\\.target (\\S+)");
  private static final Pattern ENTRY = Pattern.compile("\\.entry (\\w+)\\(([^)]*)\\)");
  private static final Pattern PARAMETER = Pattern.compile("\\.param \\.[usbf](\\d+) \\w+");
  private static final Pattern COMPILING =
      Pattern.compile("Compiling entry function '(\\w+)' for 'sm_\\d+'");
  private static final Pattern SPILLS =
      Pattern.compile("(\\d+) bytes spill stores, (\\d+) bytes spill loads");
  private static final Pattern REGISTERS = Pattern.compile("Used (\\d+) registers");
  private static final Pattern SHARED = Pattern.compile("(\\d+) bytes smem");

  /** What one kernel takes on one architecture. */
  private record Usage(int registers, int sharedBytes, int spillBytes) {}

  private record Entry(String name, int parameterBytes, Map<String, Usage> usage) {}

  private record Image(
      String name, String hash, String ptxHash, String isa, String target, List<Entry> entries) {}

  public static void main(String[] args) throws IOException, GeneralSecurityException {
    if (args.length != 3) {
      System.err.println("usage, in kernels/: java tools/IndexKernels.java COMPILER BUILD PTX");
      System.exit(2);
    }
    Path build = Path.of(args[1]);
    Path ptx = Path.of(args[2]);
    List<Image> images = new ArrayList<>();
    for (String line : Files.readAllLines(build.resolve("hashes"))) {
      String[] nameAndHash = line.split(" ");
      images.add(read(nameAndHash[0], nameAndHash[1], build, ptx));
    }
    Files.writeString(ptx.resolve("kernels.json"), json(args[0], images));
    Files.writeString(ptx.resolve("RESOURCES.md"), table(args[0], images));
  }

  private static Image read(String name, String hash, Path build, Path ptx)
      throws IOException, GeneralSecurityException {
    String text = Files.readString(ptx.resolve(name + ".ptx"));
    Map<String, Map<String, Usage>> usageByArchitecture = new TreeMap<>(IndexKernels::compare);
    try (DirectoryStream<Path> logs = Files.newDirectoryStream(build, name + ".sm_*.log")) {
      for (Path log : logs) {
        String architecture = log.getFileName().toString().split("\\.")[1];
        usageByArchitecture.put(architecture, readLog(log));
      }
    }
    List<Entry> entries = new ArrayList<>();
    Matcher entry = ENTRY.matcher(text);
    while (entry.find()) {
      Map<String, Usage> usage = new LinkedHashMap<>();
      for (Map.Entry<String, Map<String, Usage>> one : usageByArchitecture.entrySet()) {
        usage.put(one.getKey(), one.getValue().get(entry.group(1)));
      }
      entries.add(new Entry(entry.group(1), parameterBytes(entry.group(2)), usage));
    }
    byte[] digest =
        MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
    return new Image(
        name,
        hash,
        HexFormat.of().formatHex(digest),
        only(VERSION, text),
        only(TARGET, text),
        entries);
  }

  /** Every parameter is a scalar, placed at the next multiple of its own size. */
  private static int parameterBytes(String parameters) {
    int size = 0;
    for (String declaration : parameters.split(",")) {
      if (declaration.isBlank()) {
        continue;
      }
      Matcher parameter = PARAMETER.matcher(declaration.strip());
      if (!parameter.matches()) {
        throw new IllegalStateException("not a scalar parameter: " + declaration.strip());
      }
      int bytes = Integer.parseInt(parameter.group(1)) / 8;
      size = (size + bytes - 1) / bytes * bytes + bytes;
    }
    return size;
  }

  private static Map<String, Usage> readLog(Path log) throws IOException {
    Map<String, Usage> usage = new LinkedHashMap<>();
    String entry = "";
    int spills = 0;
    for (String line : Files.readAllLines(log)) {
      Matcher compiling = COMPILING.matcher(line);
      if (compiling.find()) {
        entry = compiling.group(1);
      }
      Matcher spill = SPILLS.matcher(line);
      if (spill.find()) {
        spills = Integer.parseInt(spill.group(1)) + Integer.parseInt(spill.group(2));
      }
      Matcher registers = REGISTERS.matcher(line);
      if (registers.find()) {
        Matcher shared = SHARED.matcher(line);
        int sharedBytes = shared.find() ? Integer.parseInt(shared.group(1)) : 0;
        usage.put(entry, new Usage(Integer.parseInt(registers.group(1)), sharedBytes, spills));
      }
    }
    return usage;
  }

  /** One image per line up to its entries, which SourceHash relies on; one line per entry. */
  private static String json(String compiler, List<Image> images) throws IOException {
    StringJoiner imageTexts = new StringJoiner(",\n");
    for (Image image : images) {
      StringJoiner entryTexts = new StringJoiner(",\n");
      for (Entry entry : image.entries()) {
        StringJoiner usages = new StringJoiner(", ");
        entry
            .usage()
            .forEach(
                (architecture, usage) ->
                    usages.add(
                        String.format(
                            "\"%s\": {\"registers\": %d, \"sharedBytes\": %d, \"spillBytes\": %d}",
                            architecture,
                            usage.registers(),
                            usage.sharedBytes(),
                            usage.spillBytes())));
        entryTexts.add(
            String.format(
                "      {\"name\": \"%s\", \"parameterBytes\": %d, \"resources\": {%s}}",
                entry.name(), entry.parameterBytes(), usages));
      }
      imageTexts.add(
          String.format(
              "    {\"name\": \"%s\", \"source\": \"%s.cu\", \"hash\": \"%s\", \"ptxHash\": \"%s\","
                  + " \"isa\": \"%s\", \"target\": \"%s\", \"entries\": [\n%s\n    ]}",
              image.name(),
              image.name(),
              image.hash(),
              image.ptxHash(),
              image.isa(),
              image.target(),
              entryTexts));
    }
    String flags = Files.readString(Path.of("nvcc.flags")).strip();
    return String.format(
        "{\n  \"compiler\": \"%s\",\n  \"flags\": \"%s\",\n  \"images\": [\n%s\n  ]\n}\n",
        compiler, flags, imageTexts);
  }

  private static String table(String compiler, List<Image> images) {
    TreeSet<String> architectures = new TreeSet<>(IndexKernels::compare);
    for (Image image : images) {
      image.entries().forEach(entry -> architectures.addAll(entry.usage().keySet()));
    }
    StringBuilder text = new StringBuilder();
    text.append("# What each kernel takes\n\n");
    text.append("Generated by `make -C kernels` with ").append(compiler);
    text.append(" (`ptxas -v`). Each cell: registers per thread / bytes of\n");
    text.append("shared memory per block / bytes spilled to local memory per thread.\n");
    for (Image image : images) {
      text.append("\n## ").append(image.name()).append(".cu (PTX ISA ");
      text.append(image.isa()).append(")\n\n");
      text.append("| kernel | ").append(String.join(" | ", architectures)).append(" |\n");
      text.append("|---|").append("---|".repeat(architectures.size())).append('\n');
      for (Entry entry : image.entries()) {
        text.append("| `").append(entry.name()).append("` |");
        for (String architecture : architectures) {
          Usage usage = entry.usage().get(architecture);
          text.append(' ').append(usage.registers()).append(" / ");
          text.append(usage.sharedBytes()).append(" / ").append(usage.spillBytes()).append(" |");
        }
        text.append('\n');
      }
    }
    return text.toString();
  }

  /** sm_90 comes before sm_100. */
  private static int compare(String a, String b) {
    return Integer.compare(Integer.parseInt(a.substring(3)), Integer.parseInt(b.substring(3)));
  }

  private static String only(Pattern pattern, String text) {
    Matcher matcher = pattern.matcher(text);
    if (!matcher.find()) {
      throw new IllegalStateException("no " + pattern + " in the PTX");
    }
    return matcher.group(1);
  }
}
