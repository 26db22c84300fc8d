package dev.lockstep.grill.activations;

import dev.lockstep.grill.evidence.Criterion;
import dev.lockstep.grill.evidence.Draws;
import dev.lockstep.grill.evidence.Findings;
import dev.lockstep.grill.evidence.Spread;
import dev.lockstep.grill.evidence.Verdict;
import dev.lockstep.grill.item.Choice;
import dev.lockstep.grill.item.Choice.Wrong;
import dev.lockstep.grill.item.Item;
import dev.lockstep.grill.lab.Lab;
import dev.lockstep.grill.lab.Question;
import dev.lockstep.grill.lab.Topic;
import dev.lockstep.grill.lab.Trial;
import dev.lockstep.grill.toy.Figures;
import dev.lockstep.grill.toy.Init;
import dev.lockstep.grill.toy.Mlp;
import dev.lockstep.grill.toy.Training;
import dev.lockstep.grill.toy.TwoProjections;
import dev.lockstep.profile.page.Axis;
import dev.lockstep.reference.ActivationFormula;
import dev.lockstep.reference.Descent;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.DoubleBinaryOperator;

/** How much it matters which of ReLU, GELU and SiLU a small network has. */
public final class ReluVersusGelu implements Lab {
  private static final Question QUESTION =
      Question.number(12, "relu-vs-gelu", Topic.ACTIVATIONS)
          .asks("ReLU or GELU: which is better?")
          .formula(
              "ReLU max(0, z), slope jumps by 1 at 0; GELU zΦ(z); SiLU zσ(z)",
              "\\operatorname{ReLU}(z) = \\max(0, z),\\quad \\operatorname{GELU}(z) = z\\,\\Phi(z),"
                  + "\\quad \\operatorname{SiLU}(z) = z\\,\\sigma(z)")
          .answer(
              "GELU is smooth and usually a little better in transformers; ReLU is cheaper and"
                  + " sparse.")
          .but(
              "The difference is small and its sign depends on the task: repeat with the same data"
                  + " and starts before saying so. In a fused kernel the cost hides behind memory"
                  + " traffic.")
          .experiment(
              "The slope's jump at 0; 4-16-1 on a kinked and a smooth target, Adam, 250 steps,"
                  + " eight pairs; a pair that differs by the start only, and one that truly"
                  + " differs.")
          .points(
              "GELU and SiLU are smooth and let a little through below zero, ReLU has a kink",
              "differences in quality are small and depend on the task",
              "compare in pairs and hold the difference to its spread")
          .expects(Verdict.UNDECIDED);

  private static final int IN = 4;
  private static final int HIDDEN = 16;
  private static final int POINTS = 96;
  private static final int STEPS = 250;
  private static final int PAIRS = 8;
  private static final double LEARNING_RATE = 1e-2;
  private static final double STEP = 1e-4;

  /** What is to be learnt of two projections of the input. */
  private static final Map<String, DoubleBinaryOperator> TARGETS = new LinkedHashMap<>();

  static {
    TARGETS.put("kinked", (p, q) -> Math.abs(p) - Math.abs(q));
    TARGETS.put("smooth", (p, q) -> Math.sin(p) * Math.cos(q));
  }

  @Override
  public Question question() {
    return QUESTION;
  }

  @Override
  public Findings run(Trial trial) {
    Findings findings = new Findings();
    Criterion kink = Criterion.between("jump of the slope at 0", 0.99, 1.01);
    findings.shows(kink, "ReLU", jump(ActivationFormula.RELU));
    findings.control(kink, "GELU", jump(ActivationFormula.GELU_ERF));
    findings.control(kink, "SiLU", jump(ActivationFormula.SILU));

    double gelu = against(findings, trial, "kinked", ActivationFormula.GELU_ERF);
    against(findings, trial, "kinked", ActivationFormula.SILU);
    against(findings, trial, "smooth", ActivationFormula.GELU_ERF);
    against(findings, trial, "smooth", ActivationFormula.SILU);
    double straight = against(findings, trial, "kinked", ActivationFormula.NONE);
    double same = against(findings, trial, "kinked", ActivationFormula.RELU);
    Criterion within = Criterion.below("|mean log error less ReLU's|, in standard errors", 4.5);
    findings.leavesOpen(within, "GELU, kinked target", Math.abs(gelu));
    findings.shows(within, "ReLU with another start, kinked target", Math.abs(same));
    findings.control(within, "no activation, kinked target", Math.abs(straight));
    findings.note(
        ("%d pairs, %d units, %d points, kinked target: GELU and another start of ReLU both stay"
                + " within 4.5 standard errors of ReLU.")
            .formatted(PAIRS, HIDDEN, POINTS));
    return findings;
  }

  /** Another activation, or ReLU with other starts, against ReLU. */
  private static double against(
      Findings findings, Trial trial, String target, ActivationFormula activation) {
    boolean same = activation == ActivationFormula.RELU;
    double[] relu = errors(trial, target, ActivationFormula.RELU, "first");
    double[] other = errors(trial, target, activation, same ? "second" : "first");
    String arm = "%s, %s".formatted(target, same ? "ReLU with another start" : name(activation));
    findings.number(arm + ": relative error over ReLU's", ratios(other, relu));
    double t = t(other, relu);
    findings.number(arm + ": distance from ReLU in standard errors", t);
    if (activation == ActivationFormula.GELU_ERF) {
      findings.number(target + ", ReLU: relative error", Spread.of(relu));
      findings.picture(
          Figures.pairs(
              "Target: " + target,
              Axis.log("relative error on new points"),
              "ReLU",
              relu,
              "GELU",
              other));
    }
    return t;
  }

  private static String name(ActivationFormula activation) {
    return switch (activation) {
      case GELU_ERF -> "GELU";
      case SILU -> "SiLU";
      default -> "no activation";
    };
  }

  private static Spread ratios(double[] some, double[] others) {
    double[] ratios = new double[PAIRS];
    Arrays.setAll(ratios, i -> some[i] / others[i]);
    return Spread.of(ratios);
  }

  /** The difference of slopes on both sides of 0. */
  private static double jump(ActivationFormula activation) {
    double right = activation.value(STEP, 0) / STEP;
    double left = activation.value(-STEP, 0) / -STEP;
    return right - left;
  }

  /** The mean of paired differences of log errors in standard errors. */
  private static double t(double[] one, double[] other) {
    double[] differences = new double[PAIRS];
    Arrays.setAll(differences, i -> Math.log(one[i] / other[i]));
    double mean = Arrays.stream(differences).average().orElseThrow();
    double squares = Arrays.stream(differences).map(d -> (d - mean) * (d - mean)).sum();
    return mean / Math.sqrt(squares / (PAIRS - 1) / PAIRS);
  }

  private static double[] errors(
      Trial trial, String target, ActivationFormula activation, String start) {
    DoubleBinaryOperator function = Objects.requireNonNull(TARGETS.get(target));
    return trial.repeats(PAIRS).stream()
        .mapToDouble(pair -> error(pair, function, activation, start))
        .toArray();
  }

  /** Squared error on new points over the target's variance there. */
  private static double error(
      Draws pair, DoubleBinaryOperator target, ActivationFormula activation, String start) {
    TwoProjections data = TwoProjections.draw(pair.child("data"), POINTS, IN, target);
    Mlp network = Mlp.draw(pair.child(start), Init.he(), activation, IN, HIDDEN, 1);
    Training.run(
        Descent.adam(LEARNING_RATE),
        network.leaves(),
        STEPS,
        (tape, step) -> data.loss(network::apply, tape, 0, POINTS));
    return data.relativeError(network::apply);
  }

  @Override
  public List<Item> items(Draws draws) {
    return List.of(
        Choice.of(
            "Six pairs of runs with equal data and starts: GELU is better in each, by 0.006 to"
                + " 0.035 nats, 0.02 on average. What may be said?",
            "small but consistent, for this task",
            new Wrong("GELU is the better activation", "one task does not speak for others"),
            new Wrong(
                "no difference: the ranges overlap",
                "unpaired ranges hide what pairs have in common"),
            new Wrong(
                "nothing before a large model ran",
                "a statement about this task is valid as it is")));
  }
}
