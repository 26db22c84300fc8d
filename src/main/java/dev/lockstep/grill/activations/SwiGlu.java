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
import dev.lockstep.grill.toy.KernelText;
import dev.lockstep.grill.toy.LanguageBlock;
import dev.lockstep.grill.toy.LanguageBlock.Inside;
import dev.lockstep.grill.toy.Training;
import dev.lockstep.grill.toy.TwoProjections;
import dev.lockstep.profile.page.Axis;
import dev.lockstep.reference.ActivationFormula;
import dev.lockstep.reference.CrossEntropyFormula;
import dev.lockstep.reference.Descent;
import dev.lockstep.reference.Leaf;
import dev.lockstep.reference.LinearFormula;
import dev.lockstep.reference.Tape;
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
          .longForm(
              "Also six pairs of language models of one block, width 32 and context 8, ReLU 128"
                  + " wide against SwiGLU 85 wide, 400 steps of 128 bytes of PTX.")
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

  /** Of the language models: their width and the symbols they see. */
  private static final int MODEL = 32;

  private static final int CONTEXT = 8;

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
    List<Double> gains = new ArrayList<>();
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
          if (name.equals("product")) {
            IntStream.range(0, PAIRS).forEach(i -> gains.add(plain.get(i) - gated.get(i)));
          }
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
    if (trial.longForm()) {
      text(findings, trial, new Spread(gains));
    }
    return findings;
  }

  /** Held-out nats per byte of a language model on the text of a kernel. */
  private static void text(Findings findings, Trial trial, Spread product) {
    KernelText text = KernelText.read();
    List<Double> plain = new ArrayList<>();
    List<Double> gated = new ArrayList<>();
    List<Double> gains = new ArrayList<>();
    for (Draws draws : trial.repeats(6)) {
      plain.add(nats(draws, text, Inside.RELU, 4 * MODEL));
      gated.add(nats(draws, text, Inside.SWIGLU, 8 * MODEL / 3));
      gains.add(plain.getLast() - gated.getLast());
    }
    findings.number("text: ReLU, nats per byte", new Spread(plain));
    findings.number("text: SwiGLU, nats per byte", new Spread(gated));
    Spread gain = new Spread(gains);
    findings.number("text: ReLU less SwiGLU, nats per byte", gain);
    // Of a hundred times six normal pairs without a difference, one gives more.
    Criterion open = Criterion.below("|mean gain of SwiGLU|, in its standard errors", 4.03);
    findings.leavesOpen(open, "text", gain.standardErrors());
    findings.control(open, "target (a·x)(b·x)", product.standardErrors());
    findings.note(
        "The text is that of a kernel in PTX; some 17,000 parameters, six pairs: gained were %s nats."
            .formatted(gain));
  }

  private static double nats(Draws pair, KernelText text, Inside inside, int hidden) {
    LanguageBlock model =
        LanguageBlock.draw(pair.child("model"), text.vocabulary(), CONTEXT, MODEL, inside, hidden);
    Draws batches = pair.child("batches");
    Training.run(
        Descent.adam(LEARNING_RATE),
        model.leaves(),
        STEPS,
        (tape, step) -> loss(model, tape, text.windows(batches, 16, CONTEXT, false)));
    int[] heldOut = text.windows(pair.child("held out"), 128, CONTEXT, true);
    return loss(model, new Tape(), heldOut).scalar();
  }

  private static Variable loss(LanguageBlock model, Tape tape, int[] windows) {
    int count = windows.length / (CONTEXT + 1);
    int[] tokens = new int[count * CONTEXT];
    int[] targets = new int[count * CONTEXT];
    for (int i = 0; i < count; i++) {
      System.arraycopy(windows, i * (CONTEXT + 1), tokens, i * CONTEXT, CONTEXT);
      System.arraycopy(windows, i * (CONTEXT + 1) + 1, targets, i * CONTEXT, CONTEXT);
    }
    return CrossEntropyFormula.mean().loss(model.logits(tape, tokens), targets).loss();
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
