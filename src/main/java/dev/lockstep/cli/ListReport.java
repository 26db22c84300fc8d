package dev.lockstep.cli;

import dev.lockstep.check.run.EntryList;
import dev.lockstep.profile.Columns;
import java.util.ArrayList;
import java.util.List;

/** What {@code run --list} prints. */
final class ListReport {
  private ListReport() {}

  static List<String> lines(EntryList list) {
    List<String> lines = new ArrayList<>();
    int uncovered = 0;
    for (EntryList.Entry entry : list.entries()) {
      lines.add(entry.name());
      Columns table = new Columns();
      for (EntryList.Parameter parameter : entry.parameters()) {
        table.row(
            "  parameter",
            parameter.name(),
            parameter.type(),
            parameter.bytes() + " bytes at " + parameter.offset());
      }
      lines.addAll(table.lines());
      lines.add(
          "  shared     %d bytes, dynamic from a multiple of %d"
              .formatted(entry.staticSharedBytes(), entry.dynamicSharedAlignment()));
      lines.add("  local      " + entry.localBytes() + " bytes a thread");
      lines.add(
          "  code       %d instructions, up to %d threads a block"
              .formatted(entry.instructions(), entry.maxThreads()));
      for (EntryList.Uncovered one : entry.uncovered()) {
        uncovered++;
        String source = one.source().isEmpty() ? "" : " (" + one.source() + ")";
        lines.add(
            "  uncovered  line %d%s: %s  %s"
                .formatted(one.line(), source, one.instruction(), one.reason()));
      }
    }
    if (!list.variables().isEmpty()) {
      lines.add("variables");
      Columns table = new Columns();
      for (EntryList.GlobalVariable variable : list.variables()) {
        table.row(
            "  ." + variable.space(),
            variable.name(),
            variable.type(),
            variable.bytes() + " bytes");
      }
      lines.addAll(table.lines());
    }
    lines.add("%d kernels, %d uncovered instructions".formatted(list.entries().size(), uncovered));
    return lines;
  }
}
