package dev.lockstep.grill;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.grill.item.Calculation;
import dev.lockstep.grill.item.Choice;
import dev.lockstep.grill.item.Item;
import dev.lockstep.grill.item.Recall;
import java.time.LocalDate;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ScoreTests {
  private static final LocalDate TODAY = LocalDate.of(2026, 1, 1);
  private static final Choice CHOICE = Choice.of("?", "a", wrong("b"), wrong("c"), wrong("d"));
  private static final Calculation CALCULATION =
      Calculation.of("?", 1, Calculation.Closeness.EXACT);
  private static final Recall RECALL = new Recall("?", List.of("one", "two"));

  private static Choice.Wrong wrong(String text) {
    return new Choice.Wrong(text, "because");
  }

  /** Questions {@code from} … {@code to} answered cold. */
  private static Progress cold(Progress before, int from, int to, boolean bySelf) {
    Progress progress = before;
    for (int i = from; i <= to; i++) {
      progress =
          progress.after(
              Catalogue.labs().get(i - 1), new Progress.Answered(true, true, bySelf), TODAY);
    }
    return progress;
  }

  @ParameterizedTest
  @CsvSource({
    "FOUNDATIONS, 15, 12, 60",
    "SCREEN, 20, 16, 60",
    "LARGE, 15, 12, 60",
    "SPEED, 10, 8, 20",
  })
  void bands(Band band, int size, int held, int seconds) {
    Score.Count none = new Score(Progress.none()).of(band);
    assertThat(none).isEqualTo(new Score.Count(band.toString(), 0, 0, size, held));
    assertThat(band.time()).hasSeconds(seconds);
  }

  @Test
  void aBandIsHeldByFourOfFive() {
    assertThat(new Score(cold(Progress.none(), 16, 30, false)).of(Band.SCREEN).isMet()).isFalse();
    assertThat(new Score(cold(Progress.none(), 16, 31, false)).of(Band.SCREEN).isMet()).isTrue();
  }

  @Test
  void theTargetIsFortyOfAllAndThirtyFiveOfTheFirstFifty() {
    Score all = new Score(cold(Progress.none(), 16, 55, false));
    assertThat(all.all()).isEqualTo(new Score.Count("all questions", 40, 0, 60, 40));
    assertThat(all.all().isMet()).isTrue();
    assertThat(all.firstFifty()).isEqualTo(new Score.Count("questions 1 to 50", 35, 0, 50, 35));
    assertThat(all.firstFifty().isMet()).isTrue();
    Score fewer = new Score(cold(Progress.none(), 17, 55, false));
    assertThat(fewer.all().isMet()).isFalse();
    assertThat(fewer.firstFifty().isMet()).isFalse();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "1; 0; foundations first; 40 more to the target",
        "1; 12; not ready for a screening yet; 28 more to the target",
        "16; 50; foundations first; 5 more to the target",
        "1; 35; gaps in what large models need; 5 more to the target",
        "1; 50; too slow in quick fire; target met",
        "1; 60; target met; target met",
      })
  void verdicts(int from, int to, String first, String last) {
    List<String> verdicts = new Score(cold(Progress.none(), from, to, false)).verdicts();
    assertThat(verdicts).startsWith(first).endsWith(last);
  }

  @Test
  void whatOneGradesOneselfDecidesNothing() {
    Progress bySelf = cold(Progress.none(), 1, 60, true);
    assertThat(new Score(bySelf).all()).isEqualTo(new Score.Count("all questions", 0, 60, 60, 40));
    assertThat(new Score(bySelf).verdicts()).startsWith("foundations first");
    Progress both = cold(cold(Progress.none(), 1, 45, false), 1, 60, true);
    assertThat(new Score(both).all()).isEqualTo(new Score.Count("all questions", 45, 60, 60, 40));
  }

  /** Of four options one is right: whoever guesses gets nothing in the long run. */
  @Test
  void guessesAreTakenOff() {
    assertThat(sitting(CHOICE, 7, 10).correctedForGuessing()).hasValue(6);
    assertThat(sitting(CHOICE, 1, 4).correctedForGuessing()).hasValue(0);
    assertThat(sitting(CHOICE, 10, 10).correctedForGuessing()).hasValue(10);
  }

  @Test
  void onlyWhereAllWereChoices() {
    assertThat(Sitting.none().correctedForGuessing()).isEmpty();
    assertThat(sitting(CHOICE, 7, 10).after(CALCULATION, true).correctedForGuessing()).isEmpty();
    assertThat(sitting(CHOICE, 7, 10).after(RECALL, false).correctedForGuessing()).hasValue(6);
  }

  @Test
  void aSittingKeepsOnesOwnGradesApart() {
    assertThat(sitting(CALCULATION, 2, 3).after(RECALL, true).after(RECALL, false))
        .isEqualTo(new Sitting(2, 3, 0, 1, 2));
  }

  private static Sitting sitting(Item item, int right, int asked) {
    Sitting sitting = Sitting.none();
    for (int i = 0; i < asked; i++) {
      sitting = sitting.after(item, i < right);
    }
    return sitting;
  }
}
