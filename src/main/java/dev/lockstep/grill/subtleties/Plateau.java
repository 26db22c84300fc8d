package dev.lockstep.grill.subtleties;

import dev.lockstep.grill.evidence.Criterion;
import dev.lockstep.grill.evidence.Draws;
import dev.lockstep.grill.evidence.Findings;
import dev.lockstep.grill.evidence.Spread;
import dev.lockstep.grill.evidence.Verdict;
import dev.lockstep.grill.item.Calculation;
import dev.lockstep.grill.item.Calculation.Closeness;
import dev.lockstep.grill.item.Item;
import dev.lockstep.grill.item.Prediction;
import dev.lockstep.grill.lab.Lab;
import dev.lockstep.grill.lab.Question;
import dev.lockstep.grill.lab.Topic;
import dev.lockstep.grill.lab.Trial;
import dev.lockstep.grill.toy.Figures;
import dev.lockstep.grill.toy.Init;
import dev.lockstep.grill.toy.Mlp;
import dev.lockstep.grill.toy.Training;
import dev.lockstep.profile.page.Axis;
import dev.lockstep.profile.page.Chart;
import dev.lockstep.profile.page.Series;
import dev.lockstep.reference.ActivationFormula;
import dev.lockstep.reference.CrossEntropyFormula;
import dev.lockstep.reference.Descent;
import java.util.List;

/** Why a loss stops falling: not always for want of a minimum, and what then helps. */
public final class Plateau implements Lab {
  private static final String NARROW = "loss at the end, 8 wide";
  private static final String WIDE = "loss at the end, 64 wide";

  private static final Question QUESTION =
      Question.number(47, "plateau", Topic.SUBTLETIES)
          .asks("The training loss has stopped falling. What does that mean, and what helps?")
          .formula(
              "with noisy labels L ≥ H(y|x);  floor of SGD ≈ η / (2 − η) for unit curvature and"
                  + " noise",
              "L \\ge H(y \\mid x), \\qquad \\mathbb{E}[x^2] \\to \\frac{\\eta}{2 - \\eta}")
          .answer(
              "Training is stuck in a local minimum or at a saddle: change the learning rate, make"
                  + " the network larger, or add regularisation.")
          .but(
              "It may be at the global optimum: with labels flipped at random no network of any"
                  + " width falls below their entropy. Or it may hover at a floor of noise that is"
                  + " no stationary point. And regularisation raises the training loss.")
          .experiment(
              "Fresh data with 20% of labels flipped, 4-8-2 and 4-64-2, AdamW, 500 steps of 128,"
                  + " also with decay 10; a noisy quadratic at rates 0.5 and 0.05; (ab − 1)² from"
                  + " its saddle and from beside it.")
          .points(
              "noise in the labels sets a floor that no model passes",
              "SGD at a constant rate hovers above the minimum, in proportion to the rate",
              "a lower rate takes the second away, and nothing the first",
              "regularisation raises training loss")
          .kernels("cross_entropy_5x7_mean")
          .expects(Verdict.REFUTED);

  private static final double FLIPPED = 0.2;
  private static final int STEPS = 500;
  private static final int BATCH = 128;
  private static final int LAST = 100;

  @Override
  public Question question() {
    return QUESTION;
  }

  @Override
  public Findings run(Trial trial) {
    Findings findings = new Findings();
    labels(findings, trial.repeats(3));
    floor(findings, trial.draws());
    saddle(findings);
    return findings;
  }

  private static void labels(Findings findings, List<Draws> repeats) {
    double entropy = entropy(FLIPPED);
    List<double[]> ofNarrow = repeats.stream().map(d -> learn(d, 8, FLIPPED, 0)).toList();
    List<double[]> ofClean = repeats.stream().map(d -> learn(d, 8, 0, 0)).toList();
    Spread narrow = Spread.over(ofNarrow, Plateau::end);
    Spread wide = Spread.over(repeats, draws -> end(learn(draws, 64, FLIPPED, 0)));
    Spread clean = Spread.over(ofClean, Plateau::end);
    Spread decayed = Spread.over(repeats, draws -> end(learn(draws, 8, FLIPPED, 10)));
    findings.number("entropy of the labels", entropy);
    findings.number(NARROW, narrow);
    findings.number(WIDE, wide);
    findings.number("loss at the end, no label flipped", clean);
    findings.number("loss at the end, decay 10", decayed);
    Criterion optimal = Criterion.between("loss at the end", entropy - 0.02, entropy + 0.06);
    findings.refutes(optimal, "8 wide", narrow.median());
    findings.refutes(optimal, "64 wide", wide.median());
    findings.control(optimal, "no label flipped", clean.median());
    Criterion raised = Criterion.above("loss at the end", 0.58);
    findings.refutes(raised, "decay 10", decayed.median());
    findings.control(raised, "no decay", narrow.median());
    findings.picture(
        new Chart.Plot(
            "Labels flipped with probability 0.2",
            Axis.linear("step"),
            Axis.linear("loss"),
            List.of(
                Series.steps("8 wide", ofNarrow.getFirst()),
                Series.steps("no label flipped", ofClean.getFirst()),
                Figures.level("entropy of the labels", 0, STEPS, entropy))));
  }

  private static double entropy(double p) {
    return -p * Math.log(p) - (1 - p) * Math.log(1 - p);
  }

  private static double end(double[] losses) {
    return Training.end(losses, LAST);
  }

  private static double[] learn(Draws draws, int width, double flipped, double decay) {
    Mlp network = Mlp.draw(draws.child("network"), Init.he(), ActivationFormula.RELU, 4, width, 2);
    double[] direction = draws.child("direction").normals(4, 1);
    Draws batches = draws.child("batches");
    return Training.run(
        Descent.adamW(0.02, decay),
        network.leaves(),
        STEPS,
        (tape, step) -> {
          double[] x = batches.normals(BATCH * 4, 1);
          int[] targets = new int[BATCH];
          for (int p = 0; p < BATCH; p++) {
            double z = 0;
            for (int i = 0; i < 4; i++) {
              z += direction[i] * x[4 * p + i];
            }
            targets[p] = (z > 0) == batches.chance(flipped) ? 0 : 1;
          }
          return CrossEntropyFormula.mean()
              .loss(network.apply(tape.constant(x, BATCH, 4)), targets)
              .loss();
        });
  }

  private static void floor(Findings findings, Draws draws) {
    Criterion thirteen = Criterion.between("floor before against after", 11.5, 14.5);
    double dropped = floor(draws, 0.5) / floor(draws, 0.05);
    double kept = floor(draws, 0.5) / floor(draws.child("again"), 0.5);
    findings.number("floor at rate 0.5 against 0.05", dropped);
    findings.number("the same by formula", (0.5 / 1.5) / (0.05 / 1.95));
    findings.refutes(thirteen, "rate from 0.5 to 0.05", dropped);
    findings.control(thirteen, "rate kept", kept);
  }

  /** The mean of x² once it hovers, for noisy descent on ½x². */
  private static double floor(Draws draws, double rate) {
    Draws noise = draws.child("floor");
    double x = 0;
    double sum = 0;
    int steps = 60_000;
    for (int step = 0; step < steps; step++) {
      x -= rate * (x + noise.normal());
      sum += x * x;
    }
    return sum / steps;
  }

  private static void saddle(Findings findings) {
    Criterion stuck = Criterion.above("(ab − 1)² after 300 steps", 0.999);
    findings.number("(ab − 1)² from beside the saddle", product(1e-3));
    findings.shows(stuck, "from (0, 0)", product(0));
    findings.control(stuck, "from (0.001, 0.001)", product(1e-3));
  }

  private static double product(double start) {
    double a = start;
    double b = start;
    for (int step = 0; step < 300; step++) {
      double error = 2 * (a * b - 1);
      double next = a - 0.1 * error * b;
      b -= 0.1 * error * a;
      a = next;
    }
    return (a * b - 1) * (a * b - 1);
  }

  @Override
  public List<Item> items(Draws draws) {
    return List.of(
        new Prediction(
            "A fifth of the labels is flipped at random; 8 units plateau. What do 64 units end at?",
            List.of("lower by 0.1 or more", "the same to within 0.1", "higher by 0.1 or more"),
            findings -> {
              double change = findings.number(WIDE).median() - findings.number(NARROW).median();
              return change < -0.1 ? 0 : change <= 0.1 ? 1 : 2;
            }),
        Calculation.draw(
            draws,
            d -> {
              double p = d.between(4, 35) / 100.0;
              return Calculation.of(
                      "%.0f%% of binary labels are flipped at random: the best cross-entropy in nats?"
                          .formatted(100 * p),
                      entropy(p),
                      Closeness.NEAR)
                  .slip(0, "capacity cannot foresee a coin")
                  .slip(-Math.log(1 - p), "that is the loss of the labels that are right alone")
                  .slip(Math.log(2), "that is for a fair coin");
            }));
  }
}
