package dev.lockstep.cli;

import dev.lockstep.check.run.ElementType;
import dev.lockstep.check.run.Elements;
import dev.lockstep.check.run.RunResult;
import dev.lockstep.device.Devices;
import dev.lockstep.device.LaunchCounts;
import dev.lockstep.profile.CounterTable;
import dev.lockstep.profile.HotLine;
import dev.lockstep.profile.HotLines;
import dev.lockstep.profile.SourceFiles;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What a run prints and writes as JSON. */
final class RunReport {
  /** Elements of an output that are printed; JSON has all. */
  private static final int SHOWN = 64;

  private static final int LINE = 100;

  /** Lines of source that are shown of a counted kernel. */
  private static final int HOT = 12;

  private final Console console;
  private final Path file;
  private final Devices.Choice choice;
  private final StringBuilder printed = new StringBuilder();

  RunReport(Console console, Path file, Devices.Choice choice) {
    this.console = console;
    this.file = file;
    this.choice = choice;
  }

  /** What the kernel printed, as it did. */
  void printed(String text) {
    printed.append(text);
    console.out().print(text);
    console.out().flush();
  }

  void finished(RunResult result) {
    if (!printed.isEmpty() && printed.charAt(printed.length() - 1) != '\n') {
      console.print("");
    }
    console.print(
        "%s", "device  %s (%s)".formatted(choice.device().info().name(), choice.reason()));
    console.print("%s", "kernel  %s: %.3f ms".formatted(result.kernel(), 1e3 * result.seconds()));
    for (RunResult.Output output : result.outputs()) {
      Elements elements = output.elements();
      console.print(
          "%s",
          "arg %d   %s %s[%d] %s"
              .formatted(
                  output.argument(),
                  output.direction().spelling(),
                  elements.type().spelling(),
                  elements.count(),
                  output.parameter()));
      lines(elements).forEach(line -> console.print("%s", line));
    }
    for (RunResult.Changed variable : result.variables()) {
      Elements elements = variable.elements();
      console.print(
          "%s",
          "var     %s %s[%d] %s"
              .formatted(
                  variable.direction().spelling(),
                  elements.type().spelling(),
                  elements.count(),
                  variable.name()));
      lines(elements).forEach(line -> console.print("%s", line));
    }
    result.counts().ifPresent(this::counted);
  }

  private void counted(LaunchCounts counts) {
    console.print("%s", "");
    CounterTable.lines(counts).forEach(line -> console.print("%s", line));
    console.print("%s", "");
    HotLines.lines(hot(counts)).forEach(line -> console.print("%s", line));
  }

  /** By source line where the source lies beside the file, or where it was compiled. */
  private List<HotLine> hot(LaunchCounts counts) {
    return HotLines.of(counts, SourceFiles.beside(file), HOT);
  }

  /** The first elements, as many on a line as fit. */
  private static List<String> lines(Elements elements) {
    List<String> lines = new ArrayList<>();
    StringBuilder line = new StringBuilder("  ");
    int shown = Math.min(SHOWN, elements.count());
    for (int i = 0; i < shown; i++) {
      String text = elements.text(i);
      if (line.length() + text.length() > LINE) {
        lines.add(line.toString().stripTrailing());
        line = new StringBuilder("  ");
      }
      line.append(text).append(' ');
    }
    if (shown > 0) {
      lines.add(line.toString().stripTrailing());
    }
    if (shown < elements.count()) {
      lines.add("  ... and %d more; --json FILE has all".formatted(elements.count() - shown));
    }
    return lines;
  }

  Map<String, Object> json(RunResult result) {
    Map<String, Object> root = head("ok", result.kernel());
    root.put("seconds", result.seconds());
    root.put("outputs", result.outputs().stream().map(RunReport::output).toList());
    if (!result.variables().isEmpty()) {
      root.put("variables", result.variables().stream().map(RunReport::variable).toList());
    }
    result
        .counts()
        .ifPresent(
            counts -> {
              root.put("counts", CounterTable.json(counts));
              root.put("hotLines", HotLines.json(hot(counts)));
            });
    return root;
  }

  Map<String, Object> json(FaultReport fault) {
    Map<String, Object> root = head("fault", fault.kernel());
    root.put("fault", fault);
    return root;
  }

  private Map<String, Object> head(String status, String kernel) {
    Map<String, Object> root = new LinkedHashMap<>();
    root.put("status", status);
    root.put("file", file.toString());
    root.put("kernel", kernel);
    root.put("device", choice.device().info().provider());
    if (!printed.isEmpty()) {
      root.put("printed", printed.toString());
    }
    return root;
  }

  private static Map<String, Object> output(RunResult.Output output) {
    Map<String, Object> node = new LinkedHashMap<>();
    node.put("argument", output.argument());
    node.put("parameter", output.parameter());
    node.put("direction", output.direction().spelling());
    return content(node, output.elements());
  }

  private static Map<String, Object> variable(RunResult.Changed variable) {
    Map<String, Object> node = new LinkedHashMap<>();
    node.put("name", variable.name());
    node.put("direction", variable.direction().spelling());
    return content(node, variable.elements());
  }

  private static Map<String, Object> content(Map<String, Object> node, Elements elements) {
    ElementType type = elements.type();
    List<Number> values = new ArrayList<>(elements.count());
    for (int i = 0; i < elements.count(); i++) {
      values.add(type.value(elements.bits(i)));
    }
    node.put("type", type.spelling());
    node.put("values", values);
    node.put("hex", elements.hex());
    return node;
  }
}
