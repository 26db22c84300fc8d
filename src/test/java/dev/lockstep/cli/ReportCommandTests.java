package dev.lockstep.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReportCommandTests {
  @TempDir private Path folder;
  private Path run;

  @BeforeEach
  void aRun() throws IOException {
    run = Files.createDirectory(folder.resolve("run"));
    Files.writeString(
        run.resolve("log.jsonl"),
        """
        {"config":{"steps":"1"}}
        {"step":1,"loss":5.0,"gradientNorm":1.0,"learningRate":0.001,"tokensPerSecond":9.0}
        {"validationBitsPerByte":4.5}
        """);
  }

  @Test
  void writesThePageBesideTheLog() {
    Run done = Run.lockstep("report", run.toString());
    assertThat(done.code()).isZero();
    assertThat(done.out())
        .isEqualToNormalizingNewlines("page       " + run.resolve("report.html") + "\n");
    assertThat(run.resolve("report.html")).content().contains("<h1>Training run run</h1>");
  }

  @Test
  void writesPageAndTableWhereTold() {
    Path page = folder.resolve("pages/one.html");
    Path table = folder.resolve("steps.csv");
    Run done =
        Run.lockstep(
            "report",
            run.resolve("log.jsonl").toString(),
            "--out",
            page.toString(),
            "--csv",
            table.toString());
    assertThat(done.code()).isZero();
    assertThat(page).exists();
    assertThat(table).content().startsWith("run,step,").contains("run,1,5.0,");
    assertThat(run.resolve("report.html")).doesNotExist();
  }

  @Test
  void writesLayersWhereTheyWereLookedAt() throws IOException {
    Path layers = folder.resolve("layers.csv");
    Run none = Run.lockstep("report", run.toString(), "--health-csv", layers.toString());
    assertThat(none.code()).isEqualTo(Lockstep.USAGE);
    assertThat(none.errLines()).singleElement().asString().contains("no run looked at its layers");
    assertThat(layers).doesNotExist();
    Files.writeString(
        run.resolve("log.jsonl"),
        """
        {"config":{"steps":"1"}}
        {"health":{"step":1,"rows":8,"lossScale":1.0,"activations":[{"name":"in","count":4,\
        "nonFinite":0,"mean":0.0,"rms":2.0}],"parameters":[],"absent":[],"warnings":[]}}
        """);
    Run done = Run.lockstep("report", run.toString(), "--health-csv", layers.toString());
    assertThat(done.code()).as(done.err()).isZero();
    assertThat(done.out()).contains("layers     " + layers);
    assertThat(layers).content().startsWith("run,step,tensor,").contains("run,1,in,activation,4,");
  }

  @Test
  void leavesAnEarlierPageWhereALogIsDamaged() throws IOException {
    Path page = Files.writeString(folder.resolve("page.html"), "old");
    Files.writeString(run.resolve("log.jsonl"), "{\"config\":{}}\nnonsense\n");
    Run done = Run.lockstep("report", run.toString(), "--out", page.toString());
    assertThat(done.code()).isEqualTo(Lockstep.USAGE);
    assertThat(done.errLines())
        .singleElement()
        .asString()
        .startsWith(
            "lockstep report: " + run.resolve("log.jsonl") + " is damaged: line 2 is not JSON");
    assertThat(page).hasContent("old");
  }

  @Test
  void saysWhatItNeeds() {
    assertThat(Run.lockstep("report").err())
        .contains("name at least one run, for example: lockstep report runs/train");
    assertThat(Run.lockstep("report", folder.toString()).err())
        .contains(folder + " holds no run: there is no log.jsonl in it");
  }
}
