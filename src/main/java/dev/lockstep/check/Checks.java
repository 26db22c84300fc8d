package dev.lockstep.check;

import dev.lockstep.check.CheckResult.Status;
import dev.lockstep.device.Device;
import dev.lockstep.device.DeviceException;
import dev.lockstep.device.DeviceFault;
import dev.lockstep.numeric.DType;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiPredicate;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** Runs checks: our own sweep against the reference, or a folder of goldens. */
public final class Checks {
  /** The types kernels compute with, in the order they are checked. */
  private static final List<DType> DTYPES = List.of(DType.F32, DType.BF16, DType.F16);

  private Checks() {}

  /** The ops {@link CheckOptions#op} may name. */
  public static List<String> ops() {
    return OpChecks.all().stream().map(OpCheck::op).toList();
  }

  /**
   * Runs everything the options ask for on {@code device}, which stays open.
   *
   * @param each is told every result as soon as it is there
   * @throws IllegalArgumentException in one line, for an op we do not have, a type no kernel
   *     computes with, a folder without usable {@code cases.json}, or options that leave nothing to
   *     run
   */
  public static CheckReport run(Device device, CheckOptions options, Consumer<CheckResult> each) {
    requireKnown(options);
    List<CheckResult> results = new ArrayList<>();
    Consumer<CheckResult> collect =
        result -> {
          results.add(result);
          each.accept(result);
        };
    try (Bench bench = new Bench(device)) {
      if (options.goldens().isPresent()) {
        GoldenSet goldens = GoldenSet.open(options.goldens().get());
        new GoldenRunner(bench, goldens).run(options, collect);
      } else {
        sweep(bench, options, collect);
      }
    }
    if (results.isEmpty()) {
      throw new IllegalArgumentException("nothing to check: no case has " + describe(options));
    }
    return new CheckReport(results);
  }

  /**
   * Whether there is what the options name, without a device.
   *
   * @throws IllegalArgumentException in one line, for an op we do not have, a type no kernel
   *     computes with, or a folder without usable {@code cases.json}
   */
  public static void requireKnown(CheckOptions options) {
    options.dtype().ifPresent(Checks::requireComputeType);
    if (options.goldens().isPresent()) {
      GoldenSet.open(options.goldens().get());
    } else {
      options.op().ifPresent(Checks::requireOp);
    }
  }

  /**
   * Runs the cases of our own sweep that have this name, in every type there is, forward and
   * backward.
   *
   * @param name without the type, for example {@code linear_relu_19x40_to_24}
   * @throws IllegalArgumentException when no case has that name
   */
  public static List<CheckResult> named(Device device, String name) {
    List<CheckResult> results = new ArrayList<>();
    try (Bench bench = new Bench(device)) {
      sweep(
          bench,
          (check, dtype) -> name.startsWith(check.op() + "_"),
          problem ->
              problem.name().equals(name + "_" + problem.dtype().name().toLowerCase(Locale.ROOT)),
          results::add);
    }
    if (results.isEmpty()) {
      throw new IllegalArgumentException("no case is called " + name);
    }
    return results;
  }

  private static void sweep(Bench bench, CheckOptions options, Consumer<CheckResult> each) {
    sweep(bench, (check, dtype) -> options.includes(check.op(), dtype), problem -> true, each);
  }

  private static void sweep(
      Bench bench,
      BiPredicate<OpCheck, DType> ops,
      Predicate<Problem> problems,
      Consumer<CheckResult> each) {
    for (OpCheck check : OpChecks.all()) {
      for (DType dtype : DTYPES) {
        if (ops.test(check, dtype)) {
          check.problems(dtype).stream()
              .filter(problems)
              .forEach(
                  problem -> each.accept(run(bench, check, problem, check.reference(problem))));
        }
      }
    }
  }

  /** Puts one problem to the kernels and compares all of {@code expected}. */
  static CheckResult run(Bench bench, OpCheck check, Problem problem, Answers expected) {
    Optional<String> unsupported = check.unsupported(problem);
    if (unsupported.isPresent()) {
      return notCompared(bench, problem, Status.UNSUPPORTED, unsupported.get());
    }
    boolean misaligned = problem.attributes().flag(Problems.MISALIGNED);
    Answers got;
    try (Trial trial = new Trial(bench.device, bench.stream, misaligned)) {
      got = check.device(problem, bench, trial);
      trial.verify();
    } catch (CheckFailure | DeviceFault | DeviceException | IllegalArgumentException failure) {
      return notCompared(bench, problem, Status.FAILED, firstLine(failure));
    }
    List<Comparison> comparisons = new ArrayList<>();
    for (Map.Entry<String, double[]> entry : expected.tensors().entrySet()) {
      String tensor = entry.getKey();
      if (check.notComputed().contains(tensor)) {
        continue;
      }
      if (!got.has(tensor)) {
        return notCompared(
            bench, problem, Status.FAILED, "the kernels gave no answer for " + tensor);
      }
      double tolerance = check.tolerance(problem, tensor, expected);
      comparisons.add(Comparison.of(tensor, entry.getValue(), got.get(tensor), tolerance));
    }
    return compared(bench.device.info().provider(), problem, comparisons);
  }

  /** Puts a golden that no kernel is for to the formula of its op. */
  static CheckResult runOnHost(GoldenSet.Golden golden, Function<Problem, Answers> formula) {
    Answers got = formula.apply(golden.problem());
    List<Comparison> comparisons = new ArrayList<>();
    golden
        .answers()
        .tensors()
        .forEach(
            (tensor, expected) ->
                comparisons.add(
                    Comparison.of(
                        tensor,
                        expected,
                        got.get(tensor),
                        HostChecks.tolerance(HostArray.maxAbs(expected)))));
    return compared(HostChecks.DEVICE, golden.problem(), comparisons);
  }

  private static CheckResult compared(
      String device, Problem problem, List<Comparison> comparisons) {
    Comparison worst =
        comparisons.stream()
            .max(Comparator.comparingDouble(Comparison::severity))
            .orElseThrow(() -> new IllegalStateException("nothing compared: " + problem.name()));
    return new CheckResult(
        problem.name(),
        problem.op(),
        problem.dtype(),
        device,
        worst.passed() ? Status.PASSED : Status.FAILED,
        worst.tensor(),
        worst.worstError(),
        worst.tolerance(),
        worst.mismatch());
  }

  /** The result of a case in which no tensor was compared. */
  static CheckResult notCompared(Bench bench, Problem problem, Status status, String reason) {
    return new CheckResult(
        problem.name(),
        problem.op(),
        problem.dtype(),
        bench.device.info().provider(),
        status,
        "",
        Double.NaN,
        Double.NaN,
        reason);
  }

  static String firstLine(Throwable failure) {
    String message = failure.getMessage();
    return message == null ? failure.toString() : message.lines().findFirst().orElse("");
  }

  private static void requireOp(String op) {
    if (!ops().contains(op)) {
      throw new IllegalArgumentException(
          "unknown op \"" + op + "\"; known: " + String.join(", ", ops()));
    }
  }

  private static void requireComputeType(DType dtype) {
    if (!DTYPES.contains(dtype)) {
      throw new IllegalArgumentException(
          "no kernel computes with dtype %s; known: %s"
              .formatted(
                  dtype.suffix(),
                  DTYPES.stream().map(DType::suffix).collect(Collectors.joining(", "))));
    }
  }

  private static String describe(CheckOptions options) {
    return options.op().map(op -> "op " + op).orElse("any op")
        + options.dtype().map(dtype -> " and dtype " + dtype.suffix()).orElse("");
  }
}
