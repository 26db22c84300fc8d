package dev.lockstep.grill.evidence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FindingsTests {
  private static final Criterion SMALL = Criterion.below("error", 1);

  private final Findings findings = new Findings();

  @Test
  void confirmedByWhatHolds() {
    findings.shows(SMALL, "", 0.5);
    findings.control(SMALL, "broken", 2);
    assertThat(findings.verdict()).isEqualTo(Verdict.CONFIRMED);
    assertThat(findings.surprises()).isEmpty();
  }

  @Test
  void aControlThatHoldsIsASurprise() {
    findings.shows(SMALL, "", 0.5);
    findings.control(SMALL, "broken", 0.9);
    assertThat(findings.surprises()).hasSize(1);
  }

  @Test
  void correctedWhereACorrectionHolds() {
    findings.shows(SMALL, "", 0.5);
    findings.corrects(SMALL, "", 0.5);
    assertThat(findings.verdict()).isEqualTo(Verdict.CORRECTED);
  }

  @Test
  void aCorrectionThatDoesNotHoldIsASurprise() {
    findings.shows(SMALL, "", 0.5);
    findings.corrects(SMALL, "", 2);
    assertThat(findings.verdict()).isEqualTo(Verdict.CONFIRMED);
    assertThat(findings.surprises()).hasSize(1);
  }

  @Test
  void refutedByACounterexampleOrByWhatDoesNotHold() {
    findings.corrects(SMALL, "", 0.5);
    findings.refutes(SMALL, "", 0.5);
    assertThat(findings.verdict()).isEqualTo(Verdict.REFUTED);
    Findings unsupported = new Findings();
    unsupported.shows(SMALL, "", 2);
    assertThat(unsupported.verdict()).isEqualTo(Verdict.REFUTED);
    assertThat(unsupported.surprises()).hasSize(1);
  }

  @Test
  void undecidedWhereChanceIsAsLarge() {
    findings.shows(SMALL, "", 0.5);
    findings.leavesOpen(SMALL, "", 0.5);
    assertThat(findings.verdict()).isEqualTo(Verdict.UNDECIDED);
  }

  /** Else a control would fail, as it must, by being no number. */
  @Test
  void whatIsNoNumberIsAlwaysASurprise() {
    findings.control(SMALL, "broken", Double.NaN);
    findings.shows(SMALL, "", Double.NaN);
    assertThat(findings.surprises()).hasSize(2);
  }

  @Test
  void aNameStandsForOneNumber() {
    findings.number("error", 1);
    assertThatThrownBy(() -> findings.number("error", 2)).hasMessageContaining("error");
    assertThat(findings.number("error").median()).isEqualTo(1);
    assertThatThrownBy(() -> findings.number("loss")).hasMessageContaining("loss");
  }

  @ParameterizedTest
  @CsvSource({
    "0.4966, 0.497",
    "144, 144",
    "2097152, 2097152",
    "1.3e-15, 1.3e-15",
    "-0.00012345, -1.23e-4",
    "123456.7, 1.23e5",
    "0.25, 0.25",
    "0, 0",
    "Infinity, ∞"
  })
  void numbersAreWrittenShort(double value, String text) {
    assertThat(Numeral.text(value)).isEqualTo(text);
  }

  @Test
  void spreadsSayMedianAndEnds() {
    assertThat(Spread.of(3, 1, 2)).hasToString("2 [1..3]");
    assertThat(Spread.of(1, 2).median()).isEqualTo(1.5);
    assertThat(Spread.of(7)).hasToString("7");
  }

  @Test
  void theSameSeedDrawsTheSame() {
    assertThat(Draws.of(3).child("data").normals(4, 1))
        .isEqualTo(Draws.of(3).child("data").normals(4, 1))
        .isNotEqualTo(Draws.of(4).child("data").normals(4, 1));
    assertThat(Draws.of(3).permutation(20)).doesNotHaveDuplicates().hasSize(20);
  }
}
