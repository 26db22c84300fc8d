package dev.lockstep.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.device.Device;
import dev.lockstep.device.DeviceOptions;
import dev.lockstep.device.Devices;
import dev.lockstep.grill.Catalogue;
import dev.lockstep.grill.Progress;
import dev.lockstep.grill.evidence.Criterion;
import dev.lockstep.grill.evidence.Draws;
import dev.lockstep.grill.evidence.Findings;
import dev.lockstep.grill.evidence.Verdict;
import dev.lockstep.grill.item.Item;
import dev.lockstep.grill.lab.Lab;
import dev.lockstep.grill.lab.Question;
import dev.lockstep.grill.lab.Topic;
import dev.lockstep.grill.lab.Trial;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class GrillCommandTests {
  private static final LocalDate TODAY = LocalDate.of(2026, 1, 1);
  private static final Lab GELU = Catalogue.find("gelu").orElseThrow();

  @TempDir private Path folder;

  private Path progress() {
    return folder.resolve("progress.json");
  }

  private static Run grill(String arguments) {
    return Run.lockstep(("grill --device sim " + arguments).split(" "));
  }

  @Test
  void runsOneExperimentAndWritesBothReports() throws IOException {
    Path json = folder.resolve("gelu.json");
    Path page = folder.resolve("gelu.html");
    Run run = grill("--lab gelu --json %s --report %s".formatted(json, page));
    assertThat(run.code()).as(run.out() + run.err()).isZero();
    assertThat(run.out())
        .contains("q10  What is GELU", "control", "Three functions", "verdict    confirmed")
        .contains("1 of 1 came to their verdict, seed 1");
    JsonNode lab = JsonMapper.shared().readTree(Files.readAllBytes(json)).get("labs").get(0);
    assertThat(lab.get("id").asString()).isEqualTo("q10");
    assertThat(lab.get("asExpected").asBoolean()).isTrue();
    assertThat(lab.get("numbers").propertyNames()).contains("its minimum");
    assertThat(lab.get("evidence").get(0).propertyNames())
        .containsExactly("role", "number", "arm", "value", "needed", "asItMust");
    assertThat(page).content().contains("class=\"formula\"", "lockstep grill --lab q10 --seed 1");
  }

  @Test
  void listsQuestionsAndHowOneStands() throws IOException {
    new ProgressFile(progress())
        .write(Progress.none().after(GELU, new Progress.Answered(true, true, false), TODAY));
    Run run = grill("--list --topic activations --progress " + progress());
    assertThat(run.code()).isZero();
    assertThat(run.out()).contains("q10", "box 1, due 2026-01-02").doesNotContain("q2 ");
  }

  @ParameterizedTest
  @CsvSource({
    "--lab gelo, did you mean gelu?",
    "--lab q100, did you mean q10?",
    "--topic loses, 'unknown topic \"loses\"; known: basics, activations, losses'",
    "--lab xyzzy-and-more, --list shows all",
    "--lab q2 --all, exclude each other",
    "--lab q2 --topic losses, --topic belongs to the drill",
    "--all --count 3, --count belongs to the drill",
    "--list --seed 3, --seed belongs to experiments",
    "--lab q2 --progress x.json, --progress belongs to the drill",
    "--json x.json, --json belongs to --lab or --all",
    "--lab q2 --choices, --choices belongs to the drill",
    "--lab q2 --long, '--long: none of these has a long form; those that have: q5, q11, q35, q40'",
    "--count 0, --count 0 must be at least 1",
    "--theory x.md, --theory belongs to --all without --topic"
  })
  void refuses(String arguments, String message) {
    Run run = grill(arguments);
    assertThat(run.code()).isEqualTo(Lockstep.USAGE);
    assertThat(run.errLines()).hasSize(1).first().asString().contains(message);
  }

  /** A damaged file is kept under another name. */
  @Test
  void startsAnewWhereProgressIsDamaged() throws IOException {
    Files.writeString(progress(), "{\"version\":1,\"questions\":{\"q10\":{\"box\":9");
    for (String aside : List.of("progress.json.damaged", "progress.json.damaged-2")) {
      Run run = grill("--list --progress " + progress());
      assertThat(run.code()).isZero();
      assertThat(run.err()).contains("is damaged; it is kept as " + aside);
      assertThat(folder.resolve(aside)).exists();
      Files.writeString(progress(), "[]");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "{\"version\":1,\"questions\":{\"q10\":{\"box\":9,\"due\":\"2026-01-01\",\"wrongInARow\":0,"
            + "\"cold\":true,\"judgedBySelf\":false}}}",
        "{\"version\":1,\"questions\":{\"q10\":{\"box\":1,\"wrongInARow\":0,\"cold\":true,"
            + "\"judgedBySelf\":false}}}",
        "{\"version\":1}",
        "{\"version\":1,\"questions\":{\"q10\":null}}",
        "nonsense"
      })
  void damage(String content) throws IOException {
    Files.writeString(progress(), content);
    assertThat(grill("--list --progress " + progress()).err()).contains("is damaged");
  }

  @Test
  void leavesTheFileOfANewerVersionAlone() throws IOException {
    Files.writeString(progress(), "{\"version\":2,\"questions\":{}}");
    Run run = grill("--list --progress " + progress());
    assertThat(run.code()).isEqualTo(Lockstep.USAGE);
    assertThat(run.err()).contains("newer version");
    assertThat(progress()).content().contains("\"version\":2");
  }

  @Test
  void progressSurvivesWritingAndReading() {
    Progress answered =
        Progress.none()
            .after(GELU, new Progress.Answered(true, true, false), TODAY)
            .after(GELU, new Progress.Answered(false, false, true), TODAY);
    ProgressFile file = new ProgressFile(progress());
    file.write(answered);
    assertThat(file.read(new PrintWriter(new StringWriter()))).isEqualTo(answered);
  }

  @Test
  void refusesAPlaceThatCannotBeWrittenToBeforeTheFirstQuestion() throws IOException {
    Files.writeString(folder.resolve("file"), "");
    Run run = grill("--count 1 --progress " + folder.resolve("file").resolve("progress.json"));
    assertThat(run.code()).isEqualTo(Lockstep.USAGE);
    assertThat(run.out()).isEmpty();
    assertThat(run.errLines()).singleElement().asString().contains("cannot be written");
  }

  @Test
  void saysWhereNothingIsDue() {
    Progress answered = Progress.none();
    for (Lab lab : Catalogue.labs()) {
      answered = answered.after(lab, new Progress.Answered(true, true, false), LocalDate.now());
    }
    new ProgressFile(progress()).write(answered);
    Run run = grill("--progress " + progress());
    assertThat(run.code()).isZero();
    assertThat(run.out()).contains("nothing is due today");
  }

  @Test
  void runsAllExperimentsOfATopic() throws IOException {
    Path json = folder.resolve("all.json");
    Run run = grill("--all --topic backpropagation --seed 2 --json " + json);
    assertThat(run.code()).as(run.out() + run.err()).isZero();
    assertThat(run.out().lines().limit(7)).allMatch(line -> line.endsWith("as expected"));
    assertThat(run.out()).contains("7 of 7 came to their verdict, seed 2");
    JsonNode written = JsonMapper.shared().readTree(Files.readAllBytes(json));
    assertThat(written.get("seed").asLong()).isEqualTo(2);
    assertThat(written.get("labs")).hasSize(7);
    assertThat(written.get("labs").valueStream().map(lab -> lab.get("seed").asLong()))
        .containsOnly(2L);
  }

  /** A lab whose number and whose control's number are given. */
  private record Stub(double shown, double controlled, Verdict expected) implements Lab {
    @Override
    public Question question() {
      return Question.number(1, "stub", Topic.BASICS)
          .asks("Is it small?")
          .formula("x < 1", "x < 1")
          .answer("It is.")
          .experiment("None.")
          .expects(expected);
    }

    @Override
    public Findings run(Trial trial) {
      Criterion small = Criterion.below("x", 1);
      Findings findings = new Findings();
      findings.shows(small, "one arm", shown);
      findings.control(small, "another arm", controlled);
      return findings;
    }

    @Override
    public List<Item> items(Draws draws) {
      return List.of();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "0, 2, CONFIRMED, 0, 'x, one arm: 0'",
    "0, 2, REFUTED, 1, expected refuted as stated",
    "2, 2, CONFIRMED, 1, '! x, one arm: 2, must be < 1'",
    "0, 0, CONFIRMED, 1, '! x, another arm: 0, must not be < 1'",
    "0, NaN, CONFIRMED, 1, '! x, another arm: NaN, must not be < 1'",
  })
  void failsWhereAClaimOrAControlMisbehaves(
      double shown, double controlled, Verdict expected, int code, String line) {
    Lab lab = new Stub(shown, controlled, expected);
    Lab good = new Stub(0, 2, Verdict.CONFIRMED);
    assertThat(run(List.of(good, lab), code)).contains(code == 0 ? "as expected" : line);
    assertThat(run(List.of(lab), code))
        .contains(code == 0 ? "verdict    confirmed" : "did not come out as they must");
  }

  private static String run(List<Lab> labs, int code) {
    StringWriter out = new StringWriter();
    try (Device device = Devices.open("sim", DeviceOptions.defaults()).device();
        LabFiles files = new LabFiles(null, null, null)) {
      LabRun run = new LabRun(new Trial(1, false, device), new PrintWriter(out, true));
      assertThat(run.run(labs, files)).isEqualTo(code);
    }
    return out.toString();
  }

  @Test
  void helpNamesTheExperimentsWithALongForm() {
    String help = grill("--help").out().replaceAll("\\s+", " ");
    List<String> ids = Catalogue.withLongForm().stream().map(each -> each.question().id()).toList();
    String all = String.join(", ", ids.subList(0, ids.size() - 1)) + " and " + ids.getLast();
    assertThat(help).contains("for some minutes: " + all + " ");
  }
}
