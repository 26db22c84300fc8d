package dev.lockstep.cli;

import dev.lockstep.grill.LabPage;
import dev.lockstep.grill.LabResult;
import dev.lockstep.grill.Theory;
import dev.lockstep.grill.lab.Trial;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The files results of experiments go to; places that cannot be written to are found at once. */
final class LabFiles implements AutoCloseable {
  private @Nullable OutputFile json;
  private @Nullable OutputFile report;
  private @Nullable OutputFile theory;

  /**
   * Those asked for.
   *
   * @throws UserError when one cannot be written
   */
  LabFiles(@Nullable Path json, @Nullable Path report, @Nullable Path theory) {
    try {
      this.json = json == null ? null : new OutputFile("--json", json);
      this.report = report == null ? null : new OutputFile("--report", report);
      this.theory = theory == null ? null : new OutputFile("--theory", theory);
    } catch (UserError refused) {
      close();
      throw refused;
    }
  }

  /** Writes the results and says where. */
  void write(List<LabResult> results, Trial trial, PrintWriter out) {
    if (json != null) {
      Map<String, Object> content = new LinkedHashMap<>();
      content.put("device", trial.device().info().name());
      content.put("seed", trial.seed());
      content.put("long", trial.longForm());
      content.put("labs", results.stream().map(LabResult::json).toList());
      json.writeJson(content);
      out.println("json       " + json.path());
    }
    if (report != null) {
      report.writeText(LabPage.of(results).html());
      out.println("page       " + report.path());
    }
    if (theory != null) {
      theory.writeText(Theory.of(results));
      out.println("theory     " + theory.path());
    }
  }

  @Override
  public void close() {
    for (OutputFile file : new OutputFile[] {json, report, theory}) {
      if (file != null) {
        file.close();
      }
    }
  }
}
