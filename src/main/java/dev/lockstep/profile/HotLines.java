package dev.lockstep.profile;

import dev.lockstep.device.Counter;
import dev.lockstep.device.Counts;
import dev.lockstep.device.LaunchCounts;
import dev.lockstep.device.LineCounts;
import dev.lockstep.device.LineCounts.SourceLine;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The source lines of a kernel that most of a launch went into. Lines of CUDA source where the PTX
 * has a line table and the source is at hand, PTX instructions otherwise.
 */
public final class HotLines {
  private static final int TEXT = 60;

  private HotLines() {}

  /**
   * The hottest lines, most work first.
   *
   * @param most how many at most
   */
  public static List<HotLine> of(LaunchCounts launch, SourceFiles sources, int most) {
    Map<Object, Gathered> places = new LinkedHashMap<>();
    for (LineCounts line : launch.lines()) {
      SourceLine source = own(line.source());
      Optional<String> text = source == null ? Optional.empty() : sources.text(source);
      Object key = text.isPresent() && source != null ? source : line;
      places
          .computeIfAbsent(
              key,
              k ->
                  text.isPresent()
                      ? new Gathered(String.valueOf(source), text.get())
                      : new Gathered("ptx:" + line.ptxLine(), line.instruction()))
          .add(line.counts());
    }
    List<HotLine> lines = new ArrayList<>();
    places.values().forEach(place -> lines.add(place.hotLine(launch.totals())));
    lines.removeIf(line -> line.weight() == 0);
    // The sort keeps the order of the text where two lines weigh the same.
    lines.sort(Comparator.comparingDouble(HotLine::weight).reversed());
    return List.copyOf(lines.subList(0, Math.min(most, lines.size())));
  }

  /** As text: shares, place and line, and below what is wrong with it. */
  public static List<String> lines(List<HotLine> hot) {
    Columns columns = new Columns("r").row("instr", "sectors", "conflicts", "");
    for (HotLine line : hot) {
      columns.row(share(line.instructions()), share(line.sectors()), share(line.conflicts()), "");
    }
    List<String> shares = columns.lines();
    List<String> lines = new ArrayList<>();
    int width = hot.stream().mapToInt(line -> line.place().length()).max().orElse(0);
    lines.add(shares.getFirst() + "  line");
    String below = " ".repeat(shares.getFirst().length() + 2 + width + 2);
    for (int i = 0; i < hot.size(); i++) {
      HotLine line = hot.get(i);
      String padding = " ".repeat(width - line.place().length());
      lines.add(shares.get(i + 1) + "  " + line.place() + padding + "  " + shortened(line.text()));
      line.causes().forEach(cause -> lines.add(below + "^ " + cause));
    }
    return lines;
  }

  /** For machines: as {@link HotLine}, counters by their metric's name. */
  public static List<Map<String, Object>> json(List<HotLine> hot) {
    List<Map<String, Object>> nodes = new ArrayList<>();
    for (HotLine line : hot) {
      Map<String, Object> node = new LinkedHashMap<>();
      node.put("place", line.place());
      node.put("text", line.text());
      node.put("instructionShare", line.instructions());
      node.put("sectorShare", line.sectors());
      node.put("conflictShare", line.conflicts());
      node.put("causes", line.causes());
      node.put("counters", line.counts().byMetric());
      nodes.add(node);
    }
    return nodes;
  }

  /**
   * The line an author would look at: the innermost from the folder the kernel itself is in, so
   * that the inside of CUDA's own headers counts where it is called.
   */
  private static @Nullable SourceLine own(List<SourceLine> chain) {
    if (chain.isEmpty()) {
      return null;
    }
    String folder = folder(chain.getLast());
    return chain.stream()
        .filter(at -> folder(at).equals(folder))
        .findFirst()
        .orElse(chain.getLast());
  }

  private static String folder(SourceLine at) {
    return at.path().substring(0, at.path().lastIndexOf('/') + 1);
  }

  private static String share(double share) {
    return share == 0 ? "-" : Units.percent(share);
  }

  private static String shortened(String text) {
    return text.length() <= TEXT ? text : text.substring(0, TEXT - 1) + "…";
  }

  /** All instructions of one place. */
  private static final class Gathered {
    private final String place;
    private final String text;
    private final Counts.Builder counts = new Counts.Builder();
    private long threads;

    Gathered(String place, String text) {
      this.place = place;
      this.text = text;
    }

    /** A guarded branch keeps all its lanes at work, whichever way they go. */
    void add(Counts more) {
      counts.add(more);
      boolean branch = more.get(Counter.BRANCHES) > 0;
      threads += more.get(branch ? Counter.THREAD_INSTRUCTIONS : Counter.THREAD_INSTRUCTIONS_ON);
    }

    HotLine hotLine(Counts totals) {
      return HotLine.of(place, text, counts.build(), threads, totals);
    }
  }
}
