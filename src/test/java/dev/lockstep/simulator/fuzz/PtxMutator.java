package dev.lockstep.simulator.fuzz;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Makes broken PTX out of whole PTX: the same for the same seed. */
final class PtxMutator {
  private static final Pattern TOKEN = Pattern.compile("[\\w.%$]+|[^\\s\\w]");
  private static final Pattern NUMBER = Pattern.compile("\\b\\d+\\b");

  private static final String[] NUMBERS = {
    "0",
    "-1",
    "1",
    "255",
    "65536",
    "2147483648",
    "4294967295",
    "1099511627776",
    "9223372036854775807",
    "18446744073709551616",
    "99999999999999999999999",
    "0x",
    "0f3F8",
    "1e999",
    "0b2",
    "08",
    "1<<40",
    "(1<<63)",
    "WARP_SZ",
    "1/0"
  };

  private static final String[] NESTS = {
    "{", "[", "(", "!", "-", "~", "{ .reg .b32 q;", "(1+", "1?", "{{1},"
  };

  private static final String CHARACTERS = "{}[]()<>;:,.@!|+-*/%$_\"=?&^~0aZ \n\0\u00e9";

  private final List<String> corpus = new ArrayList<>();

  PtxMutator() {
    corpus.addAll(folder("/ptx"));
    int forms = corpus.size();
    // Programs as often as one of twenty forms, kernels as one of a hundred: they are long.
    List<String> programs = folder("/ptx-programs");
    for (int i = 0; i < forms / 20; i++) {
      corpus.add(programs.get(i % programs.size()));
    }
    List<String> kernels = folder("/dev/lockstep/kernels/kernels.json");
    for (int i = 0; i < forms / 100; i++) {
      corpus.add(kernels.get(i % kernels.size()));
    }
  }

  /** The n-th input. */
  String input(long seed) {
    Random random = new Random(seed * 0x9e3779b97f4a7c15L + 1);
    String text = any(random, corpus);
    for (int i = random.nextInt(4); i >= 0; i--) {
      text = mutated(text, random);
    }
    return text;
  }

  private String mutated(String text, Random random) {
    int at = random.nextInt(text.length() + 1);
    return switch (random.nextInt(9)) {
      case 0 -> text.substring(0, at);
      case 1 -> {
        char c = CHARACTERS.charAt(random.nextInt(CHARACTERS.length()));
        yield text.substring(0, at)
            + c
            + text.substring(Math.min(text.length(), at + random.nextInt(2)));
      }
      case 2 -> tokens(text, random);
      case 3 -> lines(text, random);
      case 4 -> {
        String nest = NESTS[random.nextInt(NESTS.length)];
        int depth = random.nextInt(3) == 0 ? 100_000 : 1 + random.nextInt(300);
        yield text.substring(0, at) + nest.repeat(depth) + text.substring(at);
      }
      case 5, 6 -> {
        List<MatchResult> numbers = NUMBER.matcher(text).results().toList();
        yield numbers.isEmpty()
            ? text
            : replaced(text, any(random, numbers), NUMBERS[random.nextInt(NUMBERS.length)]);
      }
      case 7 -> {
        // A piece of another file in the middle of this one.
        String other = any(random, corpus);
        int from = random.nextInt(other.length());
        int to = Math.min(other.length(), from + random.nextInt(400));
        yield text.substring(0, at) + other.substring(from, to) + text.substring(at);
      }
      default -> {
        int to = Math.min(text.length(), at + random.nextInt(30));
        yield text.substring(0, at) + text.substring(to);
      }
    };
  }

  /** Swaps, doubles or leaves out a token. */
  private static String tokens(String text, Random random) {
    List<MatchResult> tokens = TOKEN.matcher(text).results().toList();
    if (tokens.size() < 2) {
      return text;
    }
    MatchResult a = any(random, tokens);
    MatchResult b = any(random, tokens);
    return switch (random.nextInt(3)) {
      case 0 -> replaced(text, a, b.group());
      case 1 -> replaced(text, a, a.group() + " " + a.group());
      default -> replaced(text, a, "");
    };
  }

  /** Moves, doubles or leaves out a line. */
  private static String lines(String text, Random random) {
    List<String> lines = new ArrayList<>(text.lines().toList());
    if (lines.isEmpty()) {
      return text;
    }
    int from = random.nextInt(lines.size());
    String line = lines.get(from);
    if (random.nextBoolean()) {
      lines.remove(from);
    }
    if (random.nextBoolean()) {
      lines.add(random.nextInt(lines.size() + 1), line);
    }
    return String.join("\n", lines);
  }

  private static String replaced(String text, MatchResult token, String by) {
    return text.substring(0, token.start()) + by + text.substring(token.end());
  }

  private static <T> T any(Random random, List<T> list) {
    return list.get(random.nextInt(list.size()));
  }

  private static List<String> folder(String resource) {
    URL url = Objects.requireNonNull(PtxMutator.class.getResource(resource));
    try {
      Path path = Path.of(url.toURI());
      try (Stream<Path> files = Files.list(Files.isDirectory(path) ? path : path.getParent())) {
        List<String> texts = new ArrayList<>();
        for (Path file : files.filter(f -> f.toString().endsWith(".ptx")).sorted().toList()) {
          texts.add(Files.readString(file));
        }
        return texts;
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }
}
