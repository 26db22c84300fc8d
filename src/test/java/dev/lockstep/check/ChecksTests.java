package dev.lockstep.check;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.check.CheckResult.Status;
import dev.lockstep.device.Device;
import dev.lockstep.numeric.DType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Everything {@code check} does, on one device; a subclass says which. */
abstract class ChecksTests {
  private static final List<DType> DTYPES = List.of(DType.F32, DType.BF16, DType.F16);

  private Device device;

  abstract Device openDevice();

  @BeforeEach
  void open() {
    device = openDevice();
  }

  @AfterEach
  void close() {
    device.close();
  }

  static Stream<Arguments> opsAndTypes() {
    return OpChecks.all().stream()
        .flatMap(
            check ->
                DTYPES.stream()
                    .filter(dtype -> !(check.op().equals("linear_tf32") && dtype != DType.F32))
                    .map(dtype -> Arguments.of(check.op(), dtype)))
        .filter(arguments -> !arguments.get()[0].equals("char_lm_training"));
  }

  @ParameterizedTest(name = "{0} {1}")
  @MethodSource("opsAndTypes")
  void opAgreesWithTheReference(String op, DType dtype) {
    CheckReport report =
        run(new CheckOptions(Optional.of(op), Optional.of(dtype), Optional.empty()));
    assertThat(notPassed(report)).isEmpty();
  }

  /** Ops of our goldens without a kernel, which formulas on the host answer. */
  private static final Set<String> ON_HOST =
      Set.of("batchnorm", "conv2d", "init_std", "lr_schedule", "recurrent");

  static Stream<String> goldenOps() {
    return Goldens.open().cases().stream().map(GoldenSet.Case::op).distinct();
  }

  @ParameterizedTest
  @MethodSource("goldenOps")
  void goldensPass(String op) {
    CheckReport report =
        run(new CheckOptions(Optional.of(op), Optional.empty(), Optional.of(Goldens.folder())));
    assertThat(notPassed(report)).isEmpty();
    assertThat(report.results())
        .isNotEmpty()
        .allSatisfy(result -> assertThat(result.onHost()).isEqualTo(ON_HOST.contains(op)));
  }

  private CheckReport run(CheckOptions options) {
    List<CheckResult> told = new ArrayList<>();
    CheckReport report = Checks.run(device, options, told::add);
    assertThat(told).isEqualTo(report.results());
    return report;
  }

  private static List<String> notPassed(CheckReport report) {
    return report.results().stream()
        .filter(result -> result.status() != Status.PASSED)
        .map(result -> result.name() + ": " + result.reason())
        .toList();
  }

  /** An answer that is off by a little more than it may be must fail, wherever it is. */
  @Test
  void everyTensorOfEveryOpIsLookedAt() {
    try (Bench bench = new Bench(device)) {
      for (OpCheck check : OpChecks.all()) {
        List<Problem> problems = check.problems(DType.F32);
        // A model is trained as its golden was, and has no other problems.
        assertThat(problems.isEmpty())
            .as(check.op())
            .isEqualTo(check.op().equals("char_lm_training"));
        for (Problem problem : problems.stream().limit(1).toList()) {
          Answers expected = check.reference(problem);
          assertThat(expected.tensors()).as(check.op()).isNotEmpty();
          for (String tensor : expected.tensors().keySet()) {
            double tolerance = check.tolerance(problem, tensor, expected);
            CheckResult result =
                Checks.run(bench, check, problem, moved(expected, tensor, 3 * tolerance));
            assertThat(result.status()).as(problem.name() + " " + tensor).isEqualTo(Status.FAILED);
            assertThat(result.tensor()).isEqualTo(tensor);
          }
        }
      }
    }
  }

  private static Answers moved(Answers answers, String moved, double by) {
    Answers copy = new Answers();
    answers
        .tensors()
        .forEach(
            (name, values) -> {
              double[] changed = values.clone();
              if (name.equals(moved)) {
                double value = changed[changed.length - 1];
                changed[changed.length - 1] = value + Math.max(by, 4 * Math.ulp(value));
              }
              copy.put(name, changed);
            });
    return copy;
  }

  @Test
  void whatCannotBeRunIsSaidInOneLine() {
    assertRefused("conv3d", null, null, "unknown op \"conv3d\"; known: cast, fill, ");
    assertRefused("linear", DType.F64, null, "no kernel computes with dtype f64; known: f32, bf1");
    assertRefused("nonsense", null, Goldens.folder(), "nothing to check: no case has op nonsense");
    assertRefused("conv2d", DType.BF16, Goldens.folder(), "no case has op conv2d and dtype bf16");
  }

  private void assertRefused(
      String op, @Nullable DType dtype, @Nullable Path goldens, String said) {
    CheckOptions options =
        new CheckOptions(Optional.of(op), Optional.ofNullable(dtype), Optional.ofNullable(goldens));
    assertThatThrownBy(() -> Checks.run(device, options, result -> {}))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(said);
  }

  @Test
  void whatNeitherKernelNorFormulaIsForIsUnsupported(@TempDir Path folder) throws IOException {
    String known = Files.readString(Goldens.folder().resolve("cases.json"));
    Files.writeString(
        folder.resolve("cases.json"),
        known.replace("\"op\": \"conv2d\"", "\"op\": \"conv3d\"").replace("rnn_tanh\"", "rnn_x\""));
    for (GoldenSet.Case golden : Goldens.open().cases()) {
      if (golden.op().equals("recurrent")) {
        Files.copy(Goldens.folder().resolve(golden.file()), folder.resolve(golden.file()));
      }
    }
    assertThat(run(goldens("conv3d", folder)).results())
        .hasSize(3)
        .allSatisfy(result -> assertThat(result.status()).isEqualTo(Status.UNSUPPORTED))
        .allSatisfy(
            result ->
                assertThat(result.reason()).isEqualTo("op conv3d has no kernel and no formula"));
    CheckReport recurrent = run(goldens("recurrent", folder));
    assertThat(recurrent.failed()).isOne();
    assertThat(notPassed(recurrent))
        .first()
        .asString()
        .endsWith(": cell rnn_x must be rnn_tanh, lstm or gru");
  }

  private static CheckOptions goldens(String op, Path folder) {
    return new CheckOptions(Optional.of(op), Optional.empty(), Optional.of(folder));
  }

  @Test
  void aDamagedCaseFailsAndTheOthersGoOn(@TempDir Path folder) throws IOException {
    List<GoldenSet.Case> embeddings =
        Goldens.open().cases().stream().filter(c -> c.op().equals("embedding")).toList();
    Files.copy(Goldens.folder().resolve("cases.json"), folder.resolve("cases.json"));
    Path whole = folder.resolve(embeddings.get(0).file());
    Files.copy(Goldens.folder().resolve(whole.getFileName()), whole);
    byte[] cut = Files.readAllBytes(Goldens.folder().resolve(embeddings.get(1).file()));
    Files.write(folder.resolve(embeddings.get(1).file()), Arrays.copyOf(cut, cut.length - 1));
    CheckReport report =
        run(new CheckOptions(Optional.of("embedding"), Optional.empty(), Optional.of(folder)));
    assertThat(report.passed()).isEqualTo(1);
    assertThat(report.failed()).isEqualTo(1);
    assertThat(report.results().get(1).reason()).contains("truncated");
  }
}
