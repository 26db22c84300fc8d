import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Rewrites what nvcc put into a PTX file so that the same sources give the same bytes in any
 * folder. Two things in {@code -lineinfo} output depend on where the compiler ran: the absolute
 * paths of {@code .file}, and a hash of the source's path inside the mangled names of static
 * functions, which appear as byte lists in {@code .debug_str}.
 *
 * <p>Run in {@code kernels/}: {@code java tools/NormalisePtx.java IN OUT}.
 */
public final class NormalisePtx {
  private static final Pattern FILE = Pattern.compile("\\t\\.file\\t(\\d+) \"([^\"]*)\".*");
  private static final Pattern INTERNAL = Pattern.compile("_INTERNAL_[0-9a-f]{8}_");
  private static final String BYTES = ".b8 ";
  private static final int BYTES_PER_LINE = 40;

  private final Path folder = Path.of("").toAbsolutePath();
  private final List<String> out = new ArrayList<>();
  private final List<Byte> string = new ArrayList<>();

  private NormalisePtx() {}

  public static void main(String[] args) throws IOException {
    if (args.length != 2) {
      System.err.println("usage, in kernels/: java tools/NormalisePtx.java IN OUT");
      System.exit(2);
    }
    NormalisePtx normaliser = new NormalisePtx();
    for (String line : Files.readAllLines(Path.of(args[0]))) {
      normaliser.accept(line);
    }
    Files.writeString(Path.of(args[1]), String.join("\n", normaliser.out) + "\n");
  }

  private void accept(String line) {
    if (line.startsWith(BYTES)) {
      for (String value : line.substring(BYTES.length()).split(",")) {
        string.add((byte) Integer.parseInt(value.trim()));
      }
      return;
    }
    flushString();
    Matcher file = FILE.matcher(line);
    if (file.matches()) {
      line = "\t.file\t" + file.group(1) + " \"" + stablePath(file.group(2)) + "\"";
    }
    out.add(INTERNAL.matcher(line).replaceAll("_INTERNAL_00000000_"));
  }

  /** A name that was spread over byte lists is put together, cleaned and spread again. */
  private void flushString() {
    if (string.isEmpty()) {
      return;
    }
    byte[] bytes = new byte[string.size()];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = string.get(i);
    }
    string.clear();
    String name = new String(bytes, StandardCharsets.ISO_8859_1);
    name = INTERNAL.matcher(name).replaceAll("_INTERNAL_00000000_");
    byte[] clean = name.getBytes(StandardCharsets.ISO_8859_1);
    for (int from = 0; from < clean.length; from += BYTES_PER_LINE) {
      StringBuilder line = new StringBuilder(BYTES);
      for (int i = from; i < Math.min(from + BYTES_PER_LINE, clean.length); i++) {
        line.append(i == from ? "" : ",").append(clean[i] & 0xff);
      }
      out.add(line.toString());
    }
  }

  /** {@code kernels/rmsnorm.cu} for ours, {@code cuda/cuda_bf16.hpp} for the toolkit's. */
  private String stablePath(String written) {
    Path path = Path.of(written).normalize();
    Path absolute = folder.resolve(path).normalize();
    if (absolute.startsWith(folder)) {
      return "kernels/" + folder.relativize(absolute).toString().replace('\\', '/');
    }
    for (Path at = path; at.getParent() != null; at = at.getParent()) {
      if (at.getParent().endsWith("include")) {
        return "cuda/" + at.getParent().relativize(path).toString().replace('\\', '/');
      }
    }
    throw new IllegalStateException("neither a project nor a toolkit header: " + written);
  }
}
