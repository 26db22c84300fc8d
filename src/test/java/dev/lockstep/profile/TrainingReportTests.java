package dev.lockstep.profile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lockstep.profile.page.Chromium;
import dev.lockstep.train.RunLog;
import dev.lockstep.train.StepMetrics;
import dev.lockstep.train.Validation;
import dev.lockstep.train.health.HealthRule;
import dev.lockstep.train.health.HealthWarning;
import dev.lockstep.train.health.ParameterHealth;
import dev.lockstep.train.health.StepHealth;
import dev.lockstep.train.health.TensorHealth;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TrainingReportTests {
  private static final SortedMap<Integer, Validation> NONE = new TreeMap<>();
  private static final RunLog FIRST = run("runs/a", "1", new Validation.Text(2.4));
  private static final RunLog SECOND = run("runs/b", "1024", null);

  @TempDir private Path folder;

  @Test
  void namesEachRunAndWhatDiffersBetweenThem() {
    assertThat(body(FIRST, SECOND))
        .contains(
            "<h1>2 training runs</h1>",
            "b is under way, or was stopped: it has no validation yet.",
            "<td class=\"number\">2.4000</td>",
            "<tr class=\"marked\"><th scope=\"row\">lossScale</th>",
            "<tr><th scope=\"row\">steps</th>");
  }

  @Test
  void tellsRunsOfTheSameNameByTheirPaths() {
    RunLog twin = run("other/a", "1", new Validation.Text(2.5));
    assertThat(body(FIRST, twin)).contains("runs/a/log.jsonl</th>", "other/a/log.jsonl</th>");
  }

  @Test
  void drawsTheLossScaleWhereThereIsOne() {
    assertThat(body(FIRST)).doesNotContain("Loss scale");
    assertThat(body(FIRST, SECOND)).contains("Loss scale");
  }

  @Test
  void passesOverALossThatIsNotFinite() {
    StepMetrics lost = new StepMetrics(2, Double.NaN, 1, 1e-3, 10, true, 1, "logits", 1);
    RunLog run =
        new RunLog(
            Path.of("a/log.jsonl"), Map.of(), List.of(step(1, 1), lost), List.of(), NONE, null);
    assertThat(body(run))
        .contains("[[1.0,7.213475204444817],[2.0,7.213475204444817]]")
        .contains("[[1.0,7.213475204444817],[2.0,null]]");
  }

  @Test
  void writesStepsForASpreadsheet() {
    assertThat(new TrainingReport(List.of(FIRST, SECOND)).csv().lines())
        .hasSize(81)
        .startsWith(
            "run,step,loss,bitsPerByte,gradientNorm,learningRate,tokensPerSecond,skipped,lossScale",
            "a,1,5.0,7.213475204444817,2.0,0.001,1000.0,false,1.0")
        .contains("b,40,0.125,0.18033688011112042,2.0,0.001,1000.0,false,1024.0");
  }

  /** The last may have been one of those on the way, too. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void drawsValidationsOnTheWayAndTheLast(int steps) {
    SortedMap<Integer, Validation> way = new TreeMap<>(Map.of(1, new Validation.Text(4)));
    if (steps == 2) {
      way.put(2, new Validation.Text(3));
    }
    RunLog run =
        new RunLog(
            Path.of("a/log.jsonl"),
            Map.of(),
            List.of(step(1, 1), step(2, 1)),
            List.of(),
            way,
            new Validation.Text(3));
    assertThat(body(run)).contains("Validation</", "[[1.0,4.0],[2.0,3.0]]");
    assertThat(body(FIRST)).doesNotContain("Validation</");
  }

  @Test
  void tellsImagesInNatsAndHowManyWereRight() {
    assertThat(body(images()))
        .contains("<td class=\"number\">5.0000</td>", "0.2500, 92.50 % right", "images per second")
        .doesNotContain("bits", "tokens");
    assertThat(new TrainingReport(List.of(images())).csv().lines())
        .startsWith(
            "run,step,loss,gradientNorm,learningRate,imagesPerSecond,skipped,lossScale",
            "i,1,5.0,2.0,0.001,1000.0,false,1.0");
    assertThatThrownBy(() -> new TrainingReport(List.of(FIRST, images())))
        .hasMessage(
            "a is of task text and i of task classify: their losses do not fit in one chart");
  }

  private static RunLog images() {
    return new RunLog(
        Path.of("i/log.jsonl"),
        Map.of("task", "classify"),
        List.of(step(1, 1)),
        List.of(),
        NONE,
        new Validation.Classification(0.25, 0.925));
  }

  @Test
  void showsEachLayerWhereItWasLookedAtAndSignsOfTroubleInWords() {
    assertThat(body(looked()))
        .contains(
            "<h2>Layers</h2>",
            "<p class=\"warning\">Step 10: block 0: 61 % of units dead.</p>",
            "<th scope=\"row\">dead units</th><td class=\"number\">25 %</td>",
            "so nothing is known of them: logits.",
            // Rows from input to head, columns from step to step; what is not finite has no number.
            "\"columns\":[1.0,10.0],\"rows\":[\"in\",\"blocks.0.hidden\"],"
                + "\"values\":[[2.0,null],[0.5,0.5]],\"logarithmic\":true",
            "\"rows\":[\"blocks.0\",\"head\"],\"values\":[[5.0,5.0],[2.0,2.0]],\"logarithmic\":true",
            "\"rows\":[\"blocks.0.hidden\"],\"values\":[[0.0,0.61]],\"logarithmic\":false",
            "\"rows\":[\"blocks.0\"],\"values\":[[0.01,0.01]],\"logarithmic\":true")
        .doesNotContain("Saturation");
    assertThat(body(FIRST)).doesNotContain("Layers");
    assertThat(body(FIRST, looked())).contains("<h2>Layers of l</h2>");
  }

  @Test
  void showsSomeOfManyStepsAndAlwaysTheLast() {
    List<StepHealth> many =
        IntStream.rangeClosed(1, 301).mapToObj(step -> health(step, 2, List.of())).toList();
    assertThat(body(looked(many)))
        .contains("No sign of trouble at 301 steps.", "\"columns\":[1.0,4.0,7.0", "298.0,301.0]");
  }

  @Test
  void writesLayersForASpreadsheet() {
    assertThat(new TrainingReport(List.of(FIRST, looked())).healthCsv().lines())
        .hasSize(1 + 2 * (2 + 3 * 2))
        .startsWith(
            "run,step,tensor,of,count,nonFinite,mean,rms,norm,dead,saturated,update",
            "l,1,in,activation,4,0,0.0,2.0,4.0,,,")
        .contains("l,10,blocks.0.up.weight,weights,4,0,0.0,1.0,2.0,,,0.01");
    assertThatThrownBy(() -> new TrainingReport(List.of(FIRST)).healthCsv())
        .hasMessageContaining("no run looked at its layers; `train --health-every 10`");
  }

  private static RunLog looked() {
    HealthWarning dead =
        new HealthWarning(HealthRule.DEAD, "blocks.0", "block 0: 61 % of units dead");
    return looked(List.of(health(1, 2, List.of()), health(10, Double.NaN, List.of(dead))));
  }

  private static RunLog looked(List<StepHealth> health) {
    return new RunLog(
        Path.of("l/log.jsonl"),
        Map.of(),
        List.of(step(1, 1)),
        health,
        NONE,
        new Validation.Text(3));
  }

  /** A block whose gradients have norms 3 and 4, and a head whose gradient has norm 2. */
  private static StepHealth health(int step, double in, List<HealthWarning> warnings) {
    return new StepHealth(
        step,
        64,
        1,
        List.of(
            TensorHealth.of("in", 4, Double.isNaN(in) ? 4 : 0, 0, in),
            new TensorHealth(
                "blocks.0.hidden",
                4,
                0,
                0,
                0.5,
                OptionalDouble.of(warnings.isEmpty() ? 0 : 0.61),
                OptionalDouble.empty())),
        List.of(
            parameter("blocks.0.up.weight", 1.5, OptionalDouble.of(0.01)),
            parameter("blocks.0.up.bias", 2, OptionalDouble.empty()),
            parameter("head.bias", 1, OptionalDouble.empty())),
        List.of("logits"),
        warnings);
  }

  private static ParameterHealth parameter(String name, double rms, OptionalDouble update) {
    return new ParameterHealth(
        name, TensorHealth.of(name, 4, 0, 0, rms), TensorHealth.of(name, 4, 0, 0, 1), update);
  }

  /** Breaks when charts.js cannot draw a heat map, or leaves out cells, names or key. */
  @Test
  void layersAreDrawnByABrowser() throws Exception {
    assumeTrue(Chromium.isInstalled(), "there is no Chromium on the path");
    String html = new TrainingReport(List.of(looked())).page().html();
    Path page = Files.writeString(folder.resolve("report.html"), html);
    Chromium opened = Chromium.open(page, folder);
    assertThat(opened.console()).isEmpty();
    assertThat(opened.dom())
        .contains(
            "<title>in, 1: 2</title>",
            "<title>in, 10: no finite number</title>",
            "<title>blocks.0.hidden, 10: 0.61</title>",
            ">step; log scale; outlined: 0, or not finite</text>",
            ">step; log scale</text>",
            ">step</text>");
    int plots = 5;
    int maps = 4;
    assertThat(opened.dom().split("<svg", -1)).hasSize(1 + plots + maps);
  }

  @Test
  void refusesToReportOnNothing() {
    assertThatThrownBy(() -> new TrainingReport(List.of()))
        .hasMessage("a report needs at least one run");
  }

  /** Breaks when charts.js throws, draws nothing, or anything is asked of a network. */
  @Test
  void isDrawnByABrowserWithoutAComplaint() throws Exception {
    assumeTrue(Chromium.isInstalled(), "there is no Chromium on the path");
    String html = new TrainingReport(List.of(FIRST, SECOND)).page().html();
    Path page = Files.writeString(folder.resolve("report.html"), html);
    Chromium opened = Chromium.open(page, folder);
    assertThat(opened.console()).isEmpty();
    assertThat(opened.dom().split("<svg", -1)).hasSize(1 + 6);
    assertThat(opened.dom()).contains("stroke=\"var(--c1)\"", "class=\"legend\"");
    assertThat(body(FIRST, SECOND)).doesNotContain("src=", "href=");
  }

  /** The page without its scripts and styles. */
  private static String body(RunLog... runs) {
    String html = new TrainingReport(List.of(runs)).page().html();
    return html.substring(html.indexOf("<body>"), html.indexOf("<script>"));
  }

  private static RunLog run(String folder, String scale, @Nullable Validation validation) {
    return new RunLog(
        Path.of(folder, "log.jsonl"),
        Map.of("steps", "40", "lossScale", scale),
        IntStream.rangeClosed(1, 40).mapToObj(i -> step(i, Double.parseDouble(scale))).toList(),
        List.of(),
        NONE,
        validation);
  }

  private static StepMetrics step(int step, double scale) {
    return new StepMetrics(step, 5.0 / step, 2, 1e-3, 1000, false, 0, null, scale);
  }
}
