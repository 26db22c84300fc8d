package dev.lockstep.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.device.Device;
import dev.lockstep.device.DeviceOptions;
import dev.lockstep.device.Devices;
import dev.lockstep.grill.Catalogue;
import dev.lockstep.grill.Drill;
import dev.lockstep.grill.LabResult;
import dev.lockstep.grill.Progress;
import dev.lockstep.grill.evidence.Draws;
import dev.lockstep.grill.item.Calculation;
import dev.lockstep.grill.item.Choice;
import dev.lockstep.grill.item.Item;
import dev.lockstep.grill.item.Recall;
import dev.lockstep.grill.lab.Lab;
import dev.lockstep.grill.lab.Trial;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringReader;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.List;
import java.util.function.Function;
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
  void gradesAndRemembers() {
    Choice choice = ((Calculation) GELU.items(Draws.of(1)).getFirst()).asChoice();
    String letter =
        String.valueOf((char) ('a' + choice.options(Draws.of(5)).indexOf(choice.right())));
    assertThat(session(choice, letter))
        .contains("  right", "its minimum", "confirmed", "1 of 1 right", "1 of 15");
    assertThat(new ProgressFile(progress()).read(new PrintWriter(new StringWriter())).of(GELU))
        .isEqualTo(new Progress.Standing(1, TODAY.plusDays(1), 0, true, false));
  }

  /** A hint makes an answer warm, and a misprint is no answer. */
  @Test
  void helpsAndAsksAgain() {
    Calculation calculation = (Calculation) GELU.items(Draws.of(1)).getFirst();
    assertThat(session(calculation, "?\nabout one\n" + calculation.right()))
        .contains("GELU(x) = x Φ(x)", "is no number", "  right", "0 of 15");
  }

  @Test
  void saysTheMisconception() {
    Calculation calculation = (Calculation) GELU.items(Draws.of(1)).getFirst();
    Calculation.Slip slip = calculation.slips().getFirst();
    assertThat(session(calculation, String.valueOf(slip.values().getFirst())))
        .contains("wrong: " + slip.misconception(), "0 of 1 right");
  }

  @Test
  void keepsWhatOneTicksApart() {
    Recall recall = new Recall("what?", List.of("first", "second"));
    assertThat(session(recall, "my answer\ny\nperhaps\ny"))
        .contains("- first", "- second", "  right")
        .containsPattern("foundations +0 of 15 +12 +1");
  }

  @Test
  void endsWithTheInput() {
    Calculation calculation = (Calculation) GELU.items(Draws.of(1)).getFirst();
    assertThat(session(calculation, "")).contains("0 of 0 right");
    assertThat(session(calculation, "q\n5")).contains("0 of 0 right");
    assertThat(progress()).doesNotExist();
  }

  private String session(Item item, String answers) {
    StringWriter out = new StringWriter();
    try (Device device = Devices.open("sim", DeviceOptions.defaults()).device()) {
      Function<Lab, LabResult> labs = lab -> LabResult.of(lab, new Trial(1, false, device));
      new GrillSession(
              new BufferedReader(new StringReader(answers)),
              new PrintWriter(out, true),
              labs,
              new ProgressFile(progress()),
              Progress.none(),
              TODAY)
          .ask(List.of(new Drill.Card(GELU, item)), Draws.of(5));
    }
    return out.toString();
  }
}
