package dev.lockstep.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.grill.Catalogue;
import dev.lockstep.grill.Drill;
import dev.lockstep.grill.LabResult;
import dev.lockstep.grill.Progress;
import dev.lockstep.grill.evidence.Criterion;
import dev.lockstep.grill.evidence.Draws;
import dev.lockstep.grill.evidence.Findings;
import dev.lockstep.grill.item.Calculation;
import dev.lockstep.grill.item.Choice;
import dev.lockstep.grill.item.Derivation;
import dev.lockstep.grill.item.Item;
import dev.lockstep.grill.item.Matrix;
import dev.lockstep.grill.item.Prediction;
import dev.lockstep.grill.item.Recall;
import dev.lockstep.grill.lab.Lab;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringReader;
import java.io.StringWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The drill with answers from a string, a clock that is told the time, and made-up findings. */
class GrillSessionTests {
  private static final LocalDate TODAY = LocalDate.of(2026, 1, 1);
  private static final Lab GELU = Catalogue.find("gelu").orElseThrow();
  private static final Calculation VALUE = (Calculation) GELU.items(Draws.of(1)).getFirst();
  private static final Prediction SIGN =
      new Prediction(
          "the sign of it?",
          List.of("positive", "negative"),
          findings -> findings.number("it").median() > 0 ? 0 : 1);

  @TempDir private Path folder;

  /** To type a line. */
  private Duration taking = Duration.ZERO;

  private Duration now = Duration.ofDays(3);

  private Progress before = Progress.none();
  private final List<Lab> ran = new ArrayList<>();

  private ProgressFile file() {
    return new ProgressFile(folder.resolve("progress.json"));
  }

  private Progress.Standing standing(Lab lab) {
    return Objects.requireNonNull(file().read(new PrintWriter(new StringWriter())).of(lab));
  }

  private LabResult measure(Lab lab) {
    ran.add(lab);
    Findings findings = new Findings();
    findings.number("it", -2);
    findings.shows(Criterion.below("it", 0), "one arm", -2);
    findings.control(Criterion.below("it", 0), "another arm", 3);
    return new LabResult(lab.question(), findings, 1, false, 0);
  }

  private String session(String answers, Drill.Card... cards) {
    StringWriter out = new StringWriter();
    BufferedReader typed =
        new BufferedReader(new StringReader(answers)) {
          @Override
          public String readLine() throws IOException {
            now = now.plus(taking);
            return super.readLine();
          }
        };
    new GrillSession(
            new Dialogue(typed, new PrintWriter(out, true)),
            this::measure,
            file(),
            before,
            TODAY,
            () -> now.toNanos())
        .ask(List.of(cards), Draws.of(5));
    return out.toString();
  }

  private String session(Item item, String answers) {
    return session(answers, new Drill.Card(GELU, item));
  }

  @Test
  void gradesAndRemembers() {
    Choice choice = VALUE.asChoice();
    String letter =
        String.valueOf((char) ('a' + choice.options(Draws.of(5)).indexOf(choice.right())));
    assertThat(session(choice, letter))
        .contains("(1 of 1)", "  right", "  measured:", "it  -2", "verdict    confirmed")
        .contains("1 of 1 right; less guesses, 1")
        .containsPattern("foundations +1 of 15 +12 +0")
        .containsPattern("questions 1 to 50 +1 of 50 +35 +0")
        .containsPattern("all questions +1 of 60 +40 +0")
        .contains("verdict    foundations first; not ready", "39 more to the target")
        .contains("progress   " + file().path());
    assertThat(standing(GELU))
        .isEqualTo(new Progress.Standing(1, TODAY.plusDays(1), 0, true, false));
  }

  /** A hint makes an answer warm, and a misprint is no answer. */
  @Test
  void helpsAndAsksAgain() {
    assertThat(session(VALUE, "?\nabout one\n\n" + VALUE.right()))
        .contains("GELU(x) = x Φ(x)", "is no number", "  right", "1 of 1 right\n", "0 of 15");
  }

  /** One minute for most questions, a third of it in quick fire. */
  @ParameterizedTest
  @CsvSource({"q10, 60000, true", "q10, 60001, false", "q51, 20000, true", "q51, 20001, false"})
  void onlyAQuickAnswerIsCold(String id, long millis, boolean cold) {
    taking = Duration.ofMillis(millis);
    Lab lab = Catalogue.find(id).orElseThrow();
    session(VALUE.right(), new Drill.Card(lab, VALUE));
    assertThat(standing(lab).cold()).isEqualTo(cold);
  }

  /** The time runs on while one types what cannot be read. */
  @Test
  void aMisprintTakesTime() {
    taking = Duration.ofSeconds(40);
    session(VALUE, "what?\n" + VALUE.right());
    assertThat(standing(GELU).cold()).isFalse();
  }

  @Test
  void saysTheMisconception() {
    Calculation.Slip slip = VALUE.slips().getFirst();
    assertThat(session(VALUE, String.valueOf(slip.values().getFirst())))
        .contains("wrong: " + slip.misconception(), "0 of 1 right");
    assertThat(standing(GELU).wrongInARow()).isEqualTo(1);
  }

  @Test
  void keepsWhatOneTicksApart() {
    Recall recall = new Recall("what?", List.of("first", "second"));
    assertThat(session(recall, "my answer\ny\nperhaps\ny"))
        .contains("- first", "- second", "  right", "0 of 0 right; by your own judgement 1 of 1")
        .containsPattern("foundations +0 of 15 +12 +1");
    assertThat(session(recall, "my answer\ny\nn")).contains("wrong: 1 of 2 points");
  }

  /** Ticking is no part of the time an answer takes. */
  @Test
  void timeEndsWithTheAnswerNotWithTheTicks() {
    taking = Duration.ofSeconds(50);
    session(new Recall("what?", List.of("first", "second")), "my answer\ny\ny");
    assertThat(standing(GELU).coldBySelf()).isTrue();
  }

  @Test
  void gradesAGuessByWhatTheExperimentFinds() {
    assertThat(session(SIGN, "e\nB"))
        .contains("a  positive", "b  negative", "type a letter from a to b", "  right");
    assertThat(session(SIGN, "a")).contains("wrong: the experiment found: negative");
  }

  @Test
  void runsTheExperimentOnlyAfterTheGuess() {
    session(SIGN, "?\n");
    assertThat(ran).isEmpty();
    session(SIGN, "a\n");
    assertThat(ran).containsExactly(GELU);
  }

  @Test
  void gradesAFormulaOnRandomInputs() {
    Derivation product =
        new Derivation(
            "the gradient of W?",
            "d*x'",
            List.of(Derivation.Input.normal("d", 2, 1), Derivation.Input.normal("x", 3, 1)),
            drawn -> {
              double[] values = new double[6];
              for (int i = 0; i < values.length; i++) {
                values[i] = drawn.values("d")[i / 3] * drawn.values("x")[i % 3];
              }
              return new Matrix(2, 3, values);
            });
    assertThat(session(product, "d*y\nd * x'"))
        .contains("names: d, x", "cannot be read", "  right");
    assertThat(session(product, "x*d'")).contains("wrong: that is 3 × 2, it must be 2 × 3");
    assertThat(session(product, "2*d*x'")).contains("right is d*x'");
  }

  /** And then the answer is not cold, even if it is right. */
  @Test
  void showsTheExperimentFirstWhereTwoAnswersWereWrong() {
    Progress.Answered wrong = new Progress.Answered(false, false, false);
    before = Progress.none().after(GELU, wrong, TODAY);
    assertThat(session(VALUE, VALUE.right())).doesNotContain("wrong twice");
    assertThat(standing(GELU).cold()).isTrue();

    before = before.after(GELU, wrong, TODAY);
    ran.clear();
    String shown = session(VALUE, VALUE.right());
    assertThat(shown.indexOf("another arm"))
        .isGreaterThan(shown.indexOf("wrong twice; look at its experiment first"))
        .isLessThan(shown.lastIndexOf("  > "));
    assertThat(ran).hasSize(1);
    assertThat(standing(GELU))
        .isEqualTo(new Progress.Standing(2, TODAY.plusDays(3), 0, false, false));
  }

  @Test
  void keepsTheScoreWhereTheInputEnds() {
    Drill.Card card = new Drill.Card(GELU, VALUE);
    Drill.Card next = new Drill.Card(Catalogue.find("q2").orElseThrow(), SIGN);
    for (String end : Arrays.asList("", "\nq\na", "\nperhaps")) {
      assertThat(session(VALUE.right() + end, card, next)).contains("(2 of 2)", "1 of 1 right");
      assertThat(file().read(new PrintWriter(new StringWriter())).questions())
          .containsOnlyKeys("q10");
    }
  }

  @Test
  void writesNothingWhereNothingWasAnswered() {
    assertThat(session(VALUE, "")).contains("0 of 0 right");
    assertThat(session(VALUE, "q\n5")).contains("0 of 0 right");
    assertThat(file().path()).doesNotExist();
  }
}
