package dev.lockstep.cli;

import dev.lockstep.grill.LabResult;
import dev.lockstep.grill.lab.Lab;
import dev.lockstep.grill.lab.Trial;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Runs experiments and prints what they found.
 *
 * @param trial that all of them are run with
 */
record LabRun(Trial trial, PrintWriter out) {
  /**
   * Runs labs and writes the files.
   *
   * @return the exit code: failed when a verdict, a criterion or a control is not as it must be
   */
  int run(List<Lab> labs, LabFiles files) {
    List<LabResult> results = labs.size() == 1 ? whole(labs.getFirst()) : lines(labs);
    long expected = results.stream().filter(LabResult::asExpected).count();
    out.printf("%d of %d came to their verdict, seed %d%n", expected, results.size(), trial.seed());
    files.write(results, trial, out);
    return expected == results.size() ? Lockstep.OK : Lockstep.FAILED;
  }

  private List<LabResult> whole(Lab lab) {
    LabResult result = LabResult.of(lab, trial);
    LabText.whole(result).forEach(out::println);
    return List.of(result);
  }

  /** A line for each, as soon as it and those before it are done. */
  private List<LabResult> lines(List<Lab> labs) {
    List<LabResult> results = new ArrayList<>();
    int workers = Runtime.getRuntime().availableProcessors();
    try (ExecutorService pool = Executors.newFixedThreadPool(workers)) {
      List<Future<LabResult>> running =
          labs.stream().map(each -> pool.submit(() -> LabResult.of(each, trial))).toList();
      for (Future<LabResult> each : running) {
        LabResult result = finished(each, pool);
        results.add(result);
        out.println(line(result));
        result.findings().surprises().forEach(surprise -> out.println("     ! " + surprise));
      }
    }
    return results;
  }

  /** A lab's own failure is reported as it is, and the others are not waited for. */
  private static LabResult finished(Future<LabResult> running, ExecutorService others) {
    try {
      return running.get();
    } catch (ExecutionException e) {
      others.shutdownNow();
      throw e.getCause() instanceof RuntimeException own
          ? own
          : new IllegalStateException("an experiment failed", e.getCause());
    } catch (InterruptedException e) {
      others.shutdownNow();
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  private static String line(LabResult result) {
    return "%-4s %-24s %-27s %5.1f s  %s"
        .formatted(
            result.question().id(),
            result.question().slug(),
            result.findings().verdict(),
            result.seconds(),
            result.asExpected() ? "as expected" : "expected " + result.question().expected());
  }
}
