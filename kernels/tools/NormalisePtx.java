import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Rewrites what nvcc put into a PTX file so that the same sources give the same bytes in any
 * folder, and fewer of them. Two things in {@code -lineinfo} output depend on where the compiler
 * ran: the absolute paths of {@code .file}, and a hash of the source's path inside the mangled
 * names of static functions. Four make it more than twice as long as it need be, and go:
 *
 * <ul>
 *   <li>comments and blank lines, but for those at the top;
 *   <li>names of inlined functions: what is left of {@code
 *       _ZN8lockstep9MmaEngineI6__halfLNS_5DepthE0E…} is {@code lockstep::MmaEngine}, and each is
 *       there once;
 *   <li>gaps between the numbers of registers: {@code %f8254} is the 129th of its kernel;
 *   <li>each {@code .loc} that no instruction follows, or only more of the same place, and of whose
 *       place the same was said before. Every instruction keeps its line and those it was inlined
 *       at.
 * </ul>
 *
 * <p>Run in {@code kernels/}: {@code java tools/NormalisePtx.java IN OUT}.
 */
public final class NormalisePtx {
  private static final Pattern FILE = Pattern.compile("\\t\\.file\\t(\\d+) \"([^\"]*)\".*");
  private static final Pattern LOC =
      Pattern.compile(
          "\\t\\.loc\\t(\\d+ \\d+ \\d+)(?:, function_name (\\S+), inlined_at (\\d+ \\d+ \\d+))?");
  private static final Pattern DECLARED =
      Pattern.compile("(\\t\\.reg \\.\\w+ \\t(%[a-z]+)<)\\d+>;");
  private static final Pattern REGISTER = Pattern.compile("(%[a-z]+)\\d+\\b");
  private static final Pattern INTERNAL = Pattern.compile("_INTERNAL_[0-9a-f]{8}_");
  private static final String NAMES = "\t.section\t.debug_str";
  private static final String BYTES = ".b8 ";
  private static final int BYTES_PER_LINE = 40;

  private final Path folder = Path.of("").toAbsolutePath();
  private final List<String> out = new ArrayList<>();

  /** Short names of inlined functions by the labels nvcc gave them. */
  private final Map<String, String> names = new HashMap<>();

  /** The label of each short name that is needed. */
  private final Map<String, String> labels = new LinkedHashMap<>();

  /** Of the kernel at hand: what was last said of a place, with all it was inlined at. */
  private final Map<String, String> places = new HashMap<>();

  /** Of the kernel at hand: where its kinds of registers are declared. */
  private final Map<String, Integer> declared = new HashMap<>();

  /** Of the kernel at hand: how many of a kind there are, and what they are called now. */
  private final Map<String, Integer> counts = new HashMap<>();

  private final Map<String, String> registers = new HashMap<>();

  /** Braces open. Those of inlined assembly stand anywhere. */
  private int depth;

  private String pending = "";
  private String pendingPlace = "";
  private boolean pendingIsKnown;
  private String placeInEffect = "";

  private NormalisePtx() {}

  public static void main(String[] args) throws IOException {
    if (args.length != 2) {
      System.err.println("usage, in kernels/: java tools/NormalisePtx.java IN OUT");
      System.exit(2);
    }
    NormalisePtx normaliser = new NormalisePtx();
    normaliser.accept(Files.readAllLines(Path.of(args[0])));
    Files.writeString(Path.of(args[1]), String.join("\n", normaliser.out) + "\n");
  }

  private void accept(List<String> lines) {
    int section = lines.indexOf(NAMES);
    int end = section < 0 ? lines.size() : section;
    readNames(lines.subList(end, lines.size()));
    boolean top = true;
    for (String line : lines.subList(0, end)) {
      top &= !line.startsWith(".version");
      boolean text = !line.isBlank() && !line.stripLeading().startsWith("//");
      if (top || text) {
        accept(line);
      }
    }
    flushPlace();
    writeNames();
  }

  private void accept(String line) {
    Matcher loc = LOC.matcher(line);
    if (loc.matches()) {
      place(loc);
      return;
    }
    flushPlace();
    depth += count(line, '{') - count(line, '}');
    if (depth == 0 && line.startsWith("}")) { // the end of a kernel or function
      places.clear();
      placeInEffect = "";
      declareRegisters();
    }
    Matcher file = FILE.matcher(line);
    Matcher registers = DECLARED.matcher(line);
    if (registers.matches()) {
      declared.put(registers.group(2), out.size());
      out.add(registers.group(1));
    } else if (file.matches()) {
      out.add("\t.file\t" + file.group(1) + " \"" + stablePath(file.group(2)) + "\"");
    } else {
      String text = INTERNAL.matcher(line).replaceAll("_INTERNAL_00000000_");
      out.add(REGISTER.matcher(text).replaceAll(this::register));
    }
  }

  private static int count(String line, char brace) {
    return (int) line.chars().filter(c -> c == brace).count();
  }

  /** Registers are numbered in the order in which they appear. */
  private String register(MatchResult old) {
    String kind = old.group(1);
    return declared.containsKey(kind)
        ? registers.computeIfAbsent(
            old.group(), name -> kind + (counts.merge(kind, 1, Integer::sum) - 1))
        : old.group();
  }

  private void declareRegisters() {
    declared.forEach(
        (kind, line) -> out.set(line, out.get(line) + counts.getOrDefault(kind, 1) + ">;"));
    declared.clear();
    counts.clear();
    registers.clear();
  }

  /** Waits for what follows, which may make it superfluous. */
  private void place(Matcher loc) {
    if (!pendingIsKnown) {
      flushPlace();
    }
    String place = loc.group(1);
    pending = "\t.loc\t" + place;
    if (loc.group(2) == null) {
      pendingPlace = place;
    } else {
      String at = loc.group(3);
      pendingPlace = place + " < " + places.getOrDefault(at, at);
      String name = names.getOrDefault(loc.group(2), loc.group(2));
      String label = labels.computeIfAbsent(name, key -> "$n" + labels.size());
      pending += ", function_name " + label + ", inlined_at " + at;
    }
    pendingIsKnown = pendingPlace.equals(places.put(place, pendingPlace));
  }

  private void flushPlace() {
    if (!pending.isEmpty() && !(pendingIsKnown && pendingPlace.equals(placeInEffect))) {
      out.add(pending);
      placeInEffect = pendingPlace;
    }
    pending = "";
    pendingIsKnown = false;
  }

  private void readNames(List<String> section) {
    String label = "";
    StringBuilder name = new StringBuilder();
    for (String line : section) {
      if (line.endsWith(":")) {
        label = line.substring(0, line.length() - 1);
        name.setLength(0);
      } else if (line.startsWith(BYTES)) {
        for (String value : line.substring(BYTES.length()).split(",")) {
          name.append((char) Integer.parseInt(value.trim()));
        }
        names.put(label, shortName(name.substring(0, name.length() - 1)));
      }
    }
  }

  private void writeNames() {
    if (labels.isEmpty()) {
      return;
    }
    out.add(NAMES);
    out.add("\t{");
    labels.forEach(
        (name, label) -> {
          out.add(label + ":");
          byte[] bytes = (name + "\0").getBytes(StandardCharsets.ISO_8859_1);
          for (int from = 0; from < bytes.length; from += BYTES_PER_LINE) {
            StringBuilder line = new StringBuilder(BYTES);
            for (int i = from; i < Math.min(from + BYTES_PER_LINE, bytes.length); i++) {
              line.append(i == from ? "" : ",").append(bytes[i] & 0xff);
            }
            out.add(line.toString());
          }
        });
    out.add("\t}");
  }

  /** The identifiers a mangled name begins with; arguments of templates and calls are left out. */
  private static String shortName(String mangled) {
    int at = 0;
    while (at < mangled.length() && "_ZNKL".indexOf(mangled.charAt(at)) >= 0) {
      at++;
    }
    List<String> identifiers = new ArrayList<>();
    while (at < mangled.length() && Character.isDigit(mangled.charAt(at))) {
      int length = 0;
      while (at < mangled.length() && Character.isDigit(mangled.charAt(at))) {
        length = 10 * length + Character.digit(mangled.charAt(at++), 10);
      }
      int end = Math.min(at + length, mangled.length());
      String identifier = mangled.substring(at, end);
      if (!identifier.startsWith("_GLOBAL__N_") && !identifier.startsWith("_INTERNAL_")) {
        identifiers.add(identifier);
      }
      at = end;
    }
    return identifiers.isEmpty() ? "function" : String.join("::", identifiers);
  }

  /** {@code kernels/rmsnorm.cu} for ours, {@code cuda/cuda_bf16.hpp} for the toolkit's. */
  private String stablePath(String written) {
    Path path = Path.of(written).normalize();
    Path absolute = folder.resolve(path).normalize();
    if (absolute.startsWith(folder)) {
      return "kernels/" + portable(folder.relativize(absolute));
    }
    Path project = folder.resolveSibling("");
    for (String programs : List.of("src", "bench")) {
      if (absolute.startsWith(project.resolve(programs))) {
        return portable(project.relativize(absolute));
      }
    }
    for (Path at = path; at.getParent() != null; at = at.getParent()) {
      if (at.getParent().endsWith("include")) {
        return "cuda/" + portable(at.getParent().relativize(path));
      }
    }
    throw new IllegalStateException("neither a project nor a toolkit header: " + written);
  }

  private static String portable(Path path) {
    return path.toString().replace('\\', '/');
  }
}
