package dev.lockstep.grill.activations;

import dev.lockstep.grill.evidence.Criterion;
import dev.lockstep.grill.evidence.Draws;
import dev.lockstep.grill.evidence.Findings;
import dev.lockstep.grill.evidence.Spread;
import dev.lockstep.grill.evidence.Verdict;
import dev.lockstep.grill.item.Calculation;
import dev.lockstep.grill.item.Calculation.Closeness;
import dev.lockstep.grill.item.Item;
import dev.lockstep.grill.lab.Lab;
import dev.lockstep.grill.lab.Question;
import dev.lockstep.grill.lab.Topic;
import dev.lockstep.grill.lab.Trial;
import dev.lockstep.grill.toy.Dense;
import dev.lockstep.grill.toy.Figures;
import dev.lockstep.grill.toy.Init;
import dev.lockstep.grill.toy.Training;
import dev.lockstep.grill.toy.TwoProjections;
import dev.lockstep.profile.page.Axis;
import dev.lockstep.reference.ActivationFormula;
import dev.lockstep.reference.Descent;
import dev.lockstep.reference.Leaf;
import dev.lockstep.reference.LinearFormula;
import dev.lockstep.reference.Variable;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.DoubleBinaryOperator;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** When a gated layer beats a plain one of as many parameters, and when it does not. */
public final class SwiGlu implements Lab {
  private static final Question QUESTION =
      Question.number(11, "swiglu", Topic.ACTIVATIONS)
          .asks("What is SwiGLU, and is it better than a plain feed-forward layer?")
          .formula(
              "(SiLU(xW) ⊙ xV) W₂, hidden width 8d/3 for the parameters of a plain 4d",
              "\\big(\\operatorname{SiLU}(xW) \\odot xV\\big) W_2,\\quad"
                  + " 3 \\cdot d \\cdot \\tfrac{8d}{3} = 2 \\cdot d \\cdot 4d")
          .answer(
              "A hidden layer multiplied, element by element, by a second projection through SiLU."
                  + " At equal parameters it consistently beats ReLU and GELU layers.")
          .but(
              "\"Consistently\" does not show at this size: the gate wins clearly where features"
                  + " are to be multiplied and loses where the target has kinks. Shazeer (2020)"
                  + " found a gain for large language models and gave no explanation.")
          .experiment(
              "8 inputs, 16 gated units against 30 ReLU units, 305 and 301 parameters, Adam, 400"
                  + " steps of 64, targets (a·x)(b·x) and |a·x| + |b·x|, five pairs.")
          .points(
              "two projections, one through SiLU, multiplied element by element, then a third",
              "three matrices: a hidden width of 8d/3 has the parameters of a plain 4d",
              "gains are small and depend on the task; multiplication is what a gate does well")
          .kernels("gated_ffn_silu_10x24x56_bias")
          .expects(Verdict.UNDECIDED);

  private static final int IN = 8;
  private static final int PLAIN = 30;
  private static final int GATED = 16;
  private static final int POINTS = 1024;
  private static final int BATCH = 64;
  private static final int STEPS = 400;
  private static final int PAIRS = 5;
  private static final double LEARNING_RATE = 1e-2;

  /** What is to be learnt of two projections of the input. */
  private static final Map<String, DoubleBinaryOperator> TARGETS = new LinkedHashMap<>();

  static {
    TARGETS.put("product", (p, q) -> p * q);
    TARGETS.put("kinks", (p, q) -> Math.abs(p) + Math.abs(q));
  }

  /** A hidden layer, gated or not, and an output. */
  private record Layer(Dense gate, @Nullable Dense up, Dense down) {
    static Layer draw(Draws draws, boolean gated) {
      int width = gated ? GATED : PLAIN;
      return new Layer(
          Dense.draw(draws, Init.he(), IN, width),
          gated ? Dense.draw(draws, Init.lecun(), IN, width) : null,
          Dense.draw(draws, Init.lecun(), width, 1));
    }

    Variable apply(Variable x) {
      Variable hidden =
          up == null
              ? ActivationFormula.RELU.apply(gate.apply(x))
              : LinearFormula.glu(gate.apply(x), up.apply(x), ActivationFormula.SILU);
      return down.apply(hidden);
    }

    List<Leaf> leaves() {
      List<Leaf> leaves = new ArrayList<>(gate.leaves());
      if (up != null) {
        leaves.addAll(up.leaves());
      }
      leaves.addAll(down.leaves());
      return leaves;
    }
  }

  @Override
  public Question question() {
    return QUESTION;
  }

  @Override
  public Findings run(Trial trial) {
    Findings findings = new Findings();
    Map<String, Spread> ratios = new LinkedHashMap<>();
    TARGETS.forEach(
        (name, target) -> {
          List<Double> plain = new ArrayList<>();
          List<Double> gated = new ArrayList<>();
          for (Draws draws : trial.repeats(PAIRS)) {
            plain.add(error(draws, target, false));
            gated.add(error(draws, target, true));
          }
          findings.number(name + ": ReLU, relative error", new Spread(plain));
          findings.number(name + ": SwiGLU, relative error", new Spread(gated));
          findings.picture(
              Figures.pairs(
                  "Target: " + name,
                  Axis.log("relative error on new points"),
                  "ReLU",
                  plain.stream().mapToDouble(error -> error).toArray(),
                  "SwiGLU",
                  gated.stream().mapToDouble(error -> error).toArray()));
          ratios.put(
              name,
              new Spread(
                  IntStream.range(0, PAIRS).mapToObj(i -> gated.get(i) / plain.get(i)).toList()));
        });
    Criterion wins = Criterion.below("error of SwiGLU / error of ReLU", 0.5);
    Criterion loses = Criterion.above("error of SwiGLU / error of ReLU", 1);
    ratios.forEach(
        (name, ratio) -> findings.number(name + ": error of SwiGLU / error of ReLU", ratio));
    double product = Objects.requireNonNull(ratios.get("product")).median();
    double kinks = Objects.requireNonNull(ratios.get("kinks")).median();
    findings.shows(wins, "target (a·x)(b·x)", product);
    findings.control(wins, "target |a·x| + |b·x|", kinks);
    findings.leavesOpen(loses, "target |a·x| + |b·x|", kinks);
    findings.control(loses, "target (a·x)(b·x)", product);
    findings.note(
        "Some 300 parameters, 1024 points, %d steps: says nothing of language models of any size."
            .formatted(STEPS));
    return findings;
  }

  /** Squared error on new points over the target's variance there. */
  private static double error(Draws pair, DoubleBinaryOperator target, boolean gated) {
    TwoProjections data = TwoProjections.draw(pair.child("data"), POINTS, IN, target);
    Layer layer = Layer.draw(pair.child("weights"), gated);
    Training.run(
        Descent.adam(LEARNING_RATE),
        layer.leaves(),
        STEPS,
        (tape, step) -> data.loss(layer::apply, tape, step * BATCH % POINTS, BATCH));
    return data.relativeError(layer::apply);
  }

  @Override
  public List<Item> items(Draws draws) {
    return List.of(
        Calculation.draw(
            draws,
            d -> {
              int width = 96 * d.between(2, 40);
              return Calculation.of(
                      ("Width %d: which hidden width gives SwiGLU as many weights as a plain layer"
                              + " with a hidden width of four times that?")
                          .formatted(width),
                      8.0 * width / 3,
                      Closeness.EXACT)
                  .slip(4 * width, "the same width has half as many weights more: three matrices")
                  .slip(2 * width, "halved, as if there were four matrices")
                  .slip(4.0 * width / 3, "that is a third of the plain width, not two thirds");
            }));
  }
}
