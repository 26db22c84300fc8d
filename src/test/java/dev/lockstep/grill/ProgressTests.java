package dev.lockstep.grill;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.grill.evidence.Draws;
import dev.lockstep.grill.item.Choice;
import dev.lockstep.grill.item.Recall;
import dev.lockstep.grill.lab.Lab;
import dev.lockstep.grill.lab.Topic;
import java.time.LocalDate;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class ProgressTests {
  private static final LocalDate TODAY = LocalDate.of(2026, 1, 1);
  private static final Progress.Answered RIGHT = new Progress.Answered(true, true, false);
  private static final Progress.Answered WRONG = new Progress.Answered(false, false, false);
  private final Lab lab = Catalogue.find("gelu").orElseThrow();
  private final Lab other = Catalogue.find("q2").orElseThrow();

  @Test
  void rightAnswersMoveThroughTheBoxes() {
    Progress progress = Progress.none();
    int[] days = {1, 3, 7, 21, 21};
    for (int day : days) {
      progress = progress.after(lab, RIGHT, TODAY);
      assertThat(standing(progress).due()).isEqualTo(TODAY.plusDays(day));
    }
    assertThat(standing(progress.after(lab, WRONG, TODAY)).box()).isEqualTo(1);
  }

  @Test
  void whatWasWrongTwiceIsShownFirst() {
    Progress once = Progress.none().after(lab, WRONG, TODAY);
    assertThat(once.needsShowing(lab)).isFalse();
    Progress twice = once.after(lab, WRONG, TODAY);
    assertThat(twice.needsShowing(lab)).isTrue();
    assertThat(twice.after(lab, RIGHT, TODAY).needsShowing(lab)).isFalse();
  }

  @Test
  void dueQuestionsComeBeforeNewOnes() {
    Progress progress = Progress.none().after(lab, WRONG, TODAY);
    assertThat(progress.toAsk(List.of(other, lab), TODAY)).containsExactly(other);
    assertThat(progress.toAsk(List.of(other, lab), TODAY.plusDays(1))).containsExactly(lab, other);
  }

  @Test
  void bandsCountColdAnswers() {
    Progress progress =
        Progress.none()
            .after(lab, RIGHT, TODAY)
            .after(other, new Progress.Answered(true, true, true), TODAY);
    assertThat(progress.cold(Band.FOUNDATIONS, false)).isEqualTo(1);
    assertThat(progress.cold(Band.FOUNDATIONS, true)).isEqualTo(1);
    assertThat(progress.after(lab, WRONG, TODAY).cold(Band.FOUNDATIONS, false)).isZero();
    assertThat(List.of(Band.values()).stream().mapToInt(Band::size).sum()).isEqualTo(60);
  }

  @Test
  void cardsFollowFromTheSeed() {
    List<String> first = asked(7);
    assertThat(first).isEqualTo(asked(7)).isNotEqualTo(asked(8));
    assertThat(
            Drill.cards(Progress.none(), Topic.ACTIVATIONS, 100, Drill.Form.ALL, TODAY, Draws.of(1))
                .stream()
                .map(card -> card.lab().question().topic()))
        .isNotEmpty()
        .containsOnly(Topic.ACTIVATIONS);
  }

  @Test
  void everyQuestionMayBeAskedForInOnesOwnWords() {
    boolean recalled = false;
    for (long seed = 0; seed < 100; seed++) {
      recalled |= Drill.card(lab, Drill.Form.ALL, Draws.of(seed)).asked() instanceof Recall;
    }
    assertThat(recalled).isTrue();
  }

  @Test
  void everyQuestionCanBeAskedAsAChoice() {
    for (Lab each : Catalogue.labs()) {
      for (long seed = 0; seed < 5; seed++) {
        assertThat(Drill.card(each, Drill.Form.CHOICES, Draws.of(seed)).asked())
            .isInstanceOf(Choice.class);
      }
    }
  }

  private static List<String> asked(long seed) {
    return Drill.cards(Progress.none(), null, 10, Drill.Form.ALL, TODAY, Draws.of(seed)).stream()
        .map(card -> card.asked().prompt())
        .toList();
  }

  private Progress.Standing standing(Progress progress) {
    return Objects.requireNonNull(progress.of(lab));
  }
}
