package dev.lockstep.profile.bench;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.StringJoiner;
import java.util.function.Function;

/** Cases that do the same work in different ways: by other kernels, tiles or libraries. */
public final class Variants {
  private Variants() {}

  /** Cases by the work they do, in the order in which each work comes first. */
  public static List<List<BenchCase>> of(List<BenchCase> cases) {
    return grouped(cases, Function.identity());
  }

  /**
   * A line for each work that was timed in several ways: the fastest first, and how it compares.
   */
  public static List<String> lines(List<BenchResult> results) {
    List<BenchResult> timed =
        results.stream().filter(result -> result.timing().isPresent()).toList();
    List<String> lines = new ArrayList<>();
    for (List<BenchResult> ways : grouped(timed, BenchResult::row)) {
      if (ways.size() > 1) {
        lines.add(line(ways));
      }
    }
    return lines;
  }

  private static String line(List<BenchResult> ways) {
    List<BenchResult> order =
        ways.stream().sorted(Comparator.comparingDouble(Variants::seconds)).toList();
    BenchCase row = ways.getFirst().row();
    double best = seconds(order.getFirst());
    String work =
        (row.pass().replaceFirst(" .*", "") + " " + row.dtype().suffix() + " " + row.extents());
    StringJoiner line = new StringJoiner("; ", "fastest " + work + ": ", "");
    for (BenchResult way : order) {
      line.add(
          way == order.getFirst()
              ? "%s %s us".formatted(name(way.row()), number("%.1f", 1e6 * best))
              : "%s %s times that".formatted(name(way.row()), number("%.2f", seconds(way) / best)));
    }
    return line.toString();
  }

  private static double seconds(BenchResult result) {
    return result.seconds().orElseThrow();
  }

  private static String name(BenchCase row) {
    int blank = row.pass().indexOf(' ');
    String form = blank < 0 ? "" : row.pass().substring(blank);
    return row.kernel() + form + (row.tile().isEmpty() ? "" : " " + row.tile());
  }

  private static String number(String format, double value) {
    return String.format(Locale.ROOT, format, value);
  }

  private static <T> List<List<T>> grouped(List<T> all, Function<T, BenchCase> row) {
    Map<String, List<T>> groups = new LinkedHashMap<>();
    for (T each : all) {
      groups.computeIfAbsent(work(row.apply(each)), key -> new ArrayList<>()).add(each);
    }
    return List.copyOf(groups.values());
  }

  /**
   * All that names the work and not the way: of matrix products, what the kernel's name ends in.
   */
  private static String work(BenchCase row) {
    String kernel = row.kernel();
    String pass = row.pass();
    if (row.product().isPresent()) {
      kernel = kernel.replaceFirst("^(linear|apart|cublasLt|cublas)(?=_|$)", "");
      pass = pass.replaceFirst(" (fused|apart)$", "");
    }
    return String.join(" ", kernel, pass, row.dtype().suffix(), row.extents());
  }
}
