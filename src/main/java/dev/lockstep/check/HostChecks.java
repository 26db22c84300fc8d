package dev.lockstep.check;

import dev.lockstep.nn.Initialization;
import dev.lockstep.numeric.DType;
import dev.lockstep.optim.LearningRateSchedule;
import dev.lockstep.reference.ActivationFormula;
import dev.lockstep.reference.BatchNormFormula;
import dev.lockstep.reference.ConvolutionFormula;
import dev.lockstep.reference.InitializerFormula;
import dev.lockstep.reference.NormFormula;
import dev.lockstep.reference.RecurrentFormula;
import dev.lockstep.reference.RecurrentFormula.State;
import dev.lockstep.reference.Variable;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Ops of goldens for which there is no kernel, but a formula that runs on the host in double. */
final class HostChecks {
  /** The device in their results. */
  static final String DEVICE = "host";

  private static final Map<String, Function<Problem, Answers>> ALL =
      Map.of(
          "conv2d", HostChecks::convolution,
          "batchnorm", HostChecks::batchNorm,
          "recurrent", HostChecks::recurrent,
          "init_std", HostChecks::deviations,
          "lr_schedule", HostChecks::learningRates);

  private HostChecks() {}

  static Optional<Function<Problem, Answers>> named(String op) {
    return Optional.ofNullable(ALL.get(op));
  }

  /** How far a tensor whose largest magnitude is {@code scale} may be off. */
  static double tolerance(double scale) {
    return Tolerances.HOST.of(DType.F64, 1, scale, scale);
  }

  private static Answers convolution(Problem problem) {
    ReferenceInputs in = new ReferenceInputs(problem, Set.of());
    Attributes attributes = problem.attributes();
    ConvolutionFormula.Geometry geometry =
        new ConvolutionFormula.Geometry(
            attributes.integer("stride"),
            attributes.integer("padding"),
            attributes.integer("dilation"),
            attributes.integer("groups"));
    Answers answers = new Answers();
    Variable y =
        ConvolutionFormula.conv2d(in.get("x"), in.get("weight"), in.optional("bias"), geometry);
    in.output(answers, "y", y);
    return in.gradients(answers);
  }

  private static Answers batchNorm(Problem problem) {
    ReferenceInputs in = new ReferenceInputs(problem, Set.of("running_mean", "running_var"));
    Attributes attributes = problem.attributes();
    double[] mean = problem.input("running_mean").values();
    BatchNormFormula.Running running = new BatchNormFormula.Running(mean.length);
    System.arraycopy(mean, 0, running.mean(), 0, mean.length);
    System.arraycopy(problem.input("running_var").values(), 0, running.variance(), 0, mean.length);
    NormFormula.Normalized normalized =
        new BatchNormFormula(attributes.number("eps"), attributes.number("momentum"))
            .train(in.get("x"), in.get("weight"), in.get("bias"), running);
    Answers answers = new Answers();
    in.output(answers, "y", normalized.y());
    if (normalized.mean() != null) {
      answers.out("mean", normalized.mean().values());
    }
    answers.out("rstd", normalized.rstd().values());
    answers.out("running_mean", running.mean()).out("running_var", running.variance());
    return in.gradients(answers);
  }

  private static Answers recurrent(Problem problem) {
    ReferenceInputs in = new ReferenceInputs(problem, Set.of());
    RecurrentFormula.Weights weights =
        new RecurrentFormula.Weights(
            in.get("weight_ih"), in.get("weight_hh"), in.get("bias_ih"), in.get("bias_hh"));
    String cell = problem.attributes().text("cell");
    RecurrentFormula.Cell step =
        switch (cell) {
          case "rnn_tanh" -> RecurrentFormula.rnn(weights, ActivationFormula.TANH);
          case "lstm" -> RecurrentFormula.lstm(weights);
          case "gru" -> RecurrentFormula.gru(weights);
          default ->
              throw new IllegalArgumentException("cell " + cell + " must be rnn_tanh, lstm or gru");
        };
    @Nullable Variable c0 = in.optional("c0");
    RecurrentFormula.Run run =
        RecurrentFormula.over(in.get("x"), new State(in.get("h0"), c0), step);
    Answers answers = new Answers();
    in.output(answers, "y", run.y());
    in.output(answers, "h", run.last().h());
    if (run.last().c() != null) {
      in.output(answers, "c", run.last().c());
    }
    return in.gradients(answers);
  }

  private static Answers deviations(Problem problem) {
    int[] fanIn = problem.input("fan_in").ints();
    int[] fanOut = problem.input("fan_out").ints();
    List<Map<String, Object>> entries = problem.attributes().tables("entries");
    double[] deviations = new double[fanIn.length];
    double[] bounds = new double[fanIn.length];
    for (int i = 0; i < fanIn.length; i++) {
      String scheme = String.valueOf(entries.get(i).get("scheme"));
      deviations[i] = deviation(scheme, fanIn[i], fanOut[i]);
      if (scheme.startsWith("trunc")) {
        bounds[i] = 0.04;
      } else if (scheme.contains("uniform") || scheme.startsWith("torch")) {
        bounds[i] = InitializerFormula.uniformBound(deviations[i]);
      }
    }
    return new Answers().out("std", deviations).out("bound", bounds);
  }

  /** By what models are drawn with, where they can be drawn so; the others by their formulas. */
  private static double deviation(String scheme, int fanIn, int fanOut) {
    return switch (scheme) {
      case "lecun_normal", "lecun_uniform" -> Initialization.LECUN.deviation(fanIn, fanOut);
      case "xavier_normal", "xavier_uniform" -> Initialization.XAVIER.deviation(fanIn, fanOut);
      case "he_normal_fan_in", "he_uniform_fan_in" -> Initialization.HE.deviation(fanIn, fanOut);
      case "he_normal_fan_out", "he_uniform_fan_out" -> Initialization.HE.deviation(fanOut, fanIn);
      case "torch_linear_default" -> InitializerFormula.ofUniform(1 / Math.sqrt(fanIn));
      case "gpt2_normal" -> Initialization.GPT2.deviation(fanIn, fanOut);
      case "trunc_normal_0.02_at_2std" -> InitializerFormula.truncated(0.02, 2);
      case "gpt2_residual_1_layers" -> InitializerFormula.residual(0.02, 1);
      case "gpt2_residual_2_layers" -> InitializerFormula.residual(0.02, 2);
      case "gpt2_residual_12_layers" -> InitializerFormula.residual(0.02, 12);
      default -> throw new IllegalArgumentException("unknown initialiser " + scheme);
    };
  }

  /** The formula of a case says where its warm-up and its decay end. */
  private static Answers learningRates(Problem problem) {
    Attributes attributes = problem.attributes();
    String formula = attributes.text("formula");
    LearningRateSchedule.Warmup warmup =
        formula.startsWith("t<W: base*(t+1)/(W+1);")
            ? LearningRateSchedule.Warmup.STAYS_BETWEEN
            : formula.startsWith("t<W: base*t/W;")
                ? LearningRateSchedule.Warmup.STARTS_AT_ZERO
                : LearningRateSchedule.Warmup.REACHES_PEAK;
    LearningRateSchedule schedule =
        new LearningRateSchedule(
            attributes.number("base"),
            attributes.integer("W"),
            attributes.integer("T"),
            attributes.number("r"),
            LearningRateSchedule.Decay.of(attributes.text("schedule")),
            warmup,
            formula.endsWith("/(T-1-W))")
                ? LearningRateSchedule.End.AT_LAST_STEP
                : LearningRateSchedule.End.AFTER_LAST_STEP);
    double[] rates = new double[attributes.integer("steps")];
    Arrays.setAll(rates, schedule::at);
    return new Answers().out("lr", rates);
  }
}
