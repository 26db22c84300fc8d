package dev.lockstep.grill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.check.Checks;
import dev.lockstep.device.Device;
import dev.lockstep.device.DeviceOptions;
import dev.lockstep.device.Devices;
import dev.lockstep.grill.evidence.Draws;
import dev.lockstep.grill.evidence.Evidence;
import dev.lockstep.grill.evidence.Evidence.Role;
import dev.lockstep.grill.evidence.Findings;
import dev.lockstep.grill.item.Calculation;
import dev.lockstep.grill.item.Choice;
import dev.lockstep.grill.item.Derivation;
import dev.lockstep.grill.item.Item;
import dev.lockstep.grill.lab.Lab;
import dev.lockstep.grill.lab.Trial;
import dev.lockstep.profile.page.Chromium;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every question comes to its verdict, every control fails, and every item can be graded. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Order(1) // takes long
class LabsTests {
  /** Of the drill's self-test. */
  private static final int SEEDS = 1000;

  private final Map<String, LabResult> results = new ConcurrentHashMap<>();
  private Device device;

  @BeforeAll
  void open() {
    device = Devices.open("sim", DeviceOptions.defaults()).device();
  }

  @AfterAll
  void close() {
    device.close();
  }

  static Stream<String> labs() {
    return Catalogue.labs().stream().map(lab -> lab.question().id());
  }

  private static Lab lab(String id) {
    return Catalogue.find(id).orElseThrow();
  }

  @ParameterizedTest
  @MethodSource("labs")
  void comesToItsVerdict(String id) {
    hold(result(id));
  }

  /** In every type there is, forward and backward. */
  @Test
  void kernelsAreHeldToTheReferenceBesideTheLab() {
    assertThat(result("q1").findings().evidence())
        .filteredOn(each -> each.criterion().name().startsWith("kernel"))
        .extracting(Evidence::arm)
        .containsExactly(
            "linear_relu_19x40_to_24_f32",
            "linear_relu_19x40_to_24_bf16",
            "linear_relu_19x40_to_24_f16");
    assertThatThrownBy(() -> Checks.named(device, "linear_relu"))
        .hasMessage("no case is called linear_relu");
  }

  /** Every lab with the seed of the document, run once for all tests that look at it. */
  private LabResult result(String id) {
    return results.computeIfAbsent(
        id, missing -> LabResult.of(lab(missing), new Trial(1, false, device)));
  }

  /**
   * Texts and names must be the classes' own. The measured values beside them may differ in their
   * last digits from one processor to another, as exponentials do; here they are left out.
   */
  @Test
  void theDocumentSaysTheSame() throws IOException {
    String now = Theory.of(labs().map(this::result).toList());
    String written = Files.readString(Path.of("docs", "theory.md"));
    assertThat(withoutValues(written)).isEqualToNormalizingNewlines(withoutValues(now) + "\n");
  }

  @Test
  @Tag("long")
  void theDocumentHasTheSameNumbers() throws IOException {
    String now = Theory.of(labs().map(this::result).toList());
    assertThat(Path.of("docs", "theory.md")).content().isEqualToNormalizingNewlines(now + "\n");
  }

  private static String withoutValues(String document) {
    return document
        .replaceAll("(?m)^(\\| .* \\|)[^|]*\\|$", "$1")
        .replaceAll("\\*\\*[^*]*\\*\\*$", "");
  }

  @Test
  void aPageShowsEveryFormulaAndPicture(@TempDir Path folder)
      throws IOException, InterruptedException {
    Assumptions.assumeTrue(Chromium.isInstalled(), "no Chromium on the path");
    List<LabResult> all = labs().map(this::result).toList();
    Path page = Files.writeString(folder.resolve("grill.html"), LabPage.of(all).html());
    Chromium opened = Chromium.open(page, folder);
    assertThat(opened.console()).isEmpty();
    int pictures = all.stream().mapToInt(each -> each.findings().pictures().size()).sum();
    assertThat(opened.dom().split("<math ", -1)).hasSize(1 + all.size());
    assertThat(opened.dom().split("<svg viewBox", -1)).hasSize(1 + pictures);
    assertThat(opened.dom())
        .doesNotContain("class=\"katex-error\"")
        .contains("60 of 60 labs came to the verdict");
  }

  /** Seeds nobody looked at while the labs were written. */
  @ParameterizedTest
  @MethodSource("labs")
  @Tag("long")
  void comesToItsVerdictWithOtherSeeds(String id) {
    for (long seed = 7301; seed <= 7305; seed++) {
      hold(LabResult.of(lab(id), new Trial(seed, false, device)));
    }
  }

  private static void hold(LabResult result) {
    Findings findings = result.findings();
    assertThat(findings.surprises())
        .as("seed " + result.seed() + ", numbers " + findings.numbers())
        .isEmpty();
    assertThat(findings.verdict()).isEqualTo(result.question().expected());
    assertThat(findings.pictures()).isNotEmpty();
    assertThat(findings.numbers()).isNotEmpty();
    List<Evidence> controls =
        findings.evidence().stream().filter(each -> each.role() == Role.CONTROL).toList();
    assertThat(controls).isNotEmpty();
    Set<Object> shown =
        findings.evidence().stream()
            .filter(each -> each.role() != Role.CONTROL)
            .map(Evidence::criterion)
            .collect(Collectors.toSet());
    assertThat(controls)
        .as("a control is held to a criterion that something else meets")
        .allMatch(control -> shown.contains(control.criterion()));
    Set<Object> controlled = controls.stream().map(Evidence::criterion).collect(Collectors.toSet());
    assertThat(findings.evidence())
        .as("a criterion that shows something is failed by a control")
        .filteredOn(each -> !each.criterion().name().startsWith("kernel"))
        .allMatch(each -> controlled.contains(each.criterion()));
  }

  @ParameterizedTest
  @MethodSource("labs")
  void itemsAreGraded(String id) {
    for (long seed = 0; seed < SEEDS; seed++) {
      Draws draws = Draws.of(seed).child(id);
      for (Item item : lab(id).items(draws)) {
        hold(item, draws);
      }
    }
  }

  private static void hold(Item item, Draws draws) {
    switch (item) {
      case Calculation calculation -> {
        assertThat(calculation.tellsApart()).as(calculation.toString()).isTrue();
        assertThat(calculation.grade(calculation.right()).right()).as(item.toString()).isTrue();
        for (Calculation.Slip slip : calculation.slips()) {
          String typed =
              slip.values().stream().map(String::valueOf).collect(Collectors.joining(","));
          assertThat(calculation.grade(typed).why()).isEqualTo(slip.misconception());
        }
        hold(calculation.asChoice(), draws);
      }
      case Choice choice -> {
        List<String> options = choice.options(draws);
        assertThat(new HashSet<>(options)).hasSize(4);
        assertThat(options.stream().filter(option -> choice.grade(option).right()))
            .containsExactly(choice.right());
      }
      case Derivation derivation -> {
        assertThat(derivation.grade(derivation.model(), draws).right())
            .as(derivation.toString())
            .isTrue();
      }
      default -> assertThat(item.prompt()).isNotBlank();
    }
  }

  @Test
  void questionsAreInOrderAndComplete() {
    List<Integer> numbers = Catalogue.labs().stream().map(lab -> lab.question().number()).toList();
    assertThat(numbers).isEqualTo(IntStream.rangeClosed(1, 60).boxed().toList());
    assertThat(Catalogue.labs().stream().map(lab -> lab.question().slug()))
        .doesNotHaveDuplicates()
        .allMatch(slug -> slug.matches("[a-z0-9]+(-[a-z0-9]+)*"));
    assertThat(Catalogue.labs()).allMatch(lab -> lab.question().points().size() >= 2);
  }
}
