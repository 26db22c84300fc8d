package dev.lockstep.grill.initialization;

import dev.lockstep.grill.evidence.Criterion;
import dev.lockstep.grill.evidence.Draws;
import dev.lockstep.grill.evidence.Findings;
import dev.lockstep.grill.evidence.Verdict;
import dev.lockstep.grill.item.Choice;
import dev.lockstep.grill.item.Choice.Wrong;
import dev.lockstep.grill.item.Item;
import dev.lockstep.grill.lab.Lab;
import dev.lockstep.grill.lab.Question;
import dev.lockstep.grill.lab.Topic;
import dev.lockstep.grill.lab.Trial;
import dev.lockstep.grill.toy.Dense;
import dev.lockstep.grill.toy.Init;
import dev.lockstep.grill.toy.Mlp;
import dev.lockstep.grill.toy.Training;
import dev.lockstep.profile.page.Axis;
import dev.lockstep.profile.page.Chart;
import dev.lockstep.profile.page.Series;
import dev.lockstep.reference.ActivationFormula;
import dev.lockstep.reference.CrossEntropyFormula;
import dev.lockstep.reference.Descent;
import dev.lockstep.reference.Leaf;
import dev.lockstep.reference.Variable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.MatrixFeatures_DDRM;

/** What equal weights cannot do, and what they can. */
public final class ZeroInit implements Lab {
  private static final Question QUESTION =
      Question.number(28, "zero-init", Topic.INITIALIZATION)
          .asks("What happens when all weights begin at zero?")
          .formula(
              "equal rows of W₁ and equal columns of W₂ stay equal; W₂ = 0 ⇒ ∂L/∂h = 0",
              "\\frac{\\partial L}{\\partial h} = W_2^\\top \\frac{\\partial L}{\\partial z_2} = 0"
                  + "\\ \\text{ if } W_2 = 0;\\quad \\text{equal units get equal gradients}")
          .answer(
              "All units of a layer compute the same and get the same gradient: the symmetry is"
                  + " never broken and the network never learns.")
          .but(
              "The output bias still learns how frequent the classes are. Equal weights other than"
                  + " zero learn, as a network of width one. A linear model, or zeros in the last"
                  + " layer only, are fine.")
          .experiment(
              "Whether x₀x₁ > −0.15, 256 points, 4-16-2 with tanh, plain gradient descent, 400"
                  + " steps, from five starts; and a linear model on linear labels.")
          .points(
              "equal units get equal gradients and stay equal",
              "with zeros and tanh or ReLU, only the output bias has a gradient and moves",
              "it is about hidden layers: linear models and a zero last layer learn")
          .expects(Verdict.CORRECTED);

  private static final int POINTS = 256;
  private static final int IN = 4;
  private static final int HIDDEN = 16;
  private static final int STEPS = 400;
  private static final int SHOWN = 10;
  private static final double LEARNING_RATE = 0.5;
  private static final double CONSTANT = 0.3;
  private static final double THRESHOLD = -0.15; // classes of unlike size
  private static final double RANK = 1e-9;

  /** Points, and whether the product of their first two coordinates, or the sum, is large. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Data(double[] x, int[] product, int[] sum) {
    static Data draw(Draws draws) {
      double[] x = draws.normals(POINTS * IN, 1);
      int[] product = new int[POINTS];
      int[] sum = new int[POINTS];
      for (int i = 0; i < POINTS; i++) {
        product[i] = x[i * IN] * x[i * IN + 1] > THRESHOLD ? 1 : 0;
        sum[i] = x[i * IN] + x[i * IN + 1] > 0 ? 1 : 0;
      }
      return new Data(x, product, sum);
    }

    /** The loss of who knows no more than how frequent the classes are. */
    double entropy() {
      double share = Arrays.stream(product).average().orElseThrow();
      return -share * Math.log(share) - (1 - share) * Math.log(1 - share);
    }
  }

  /** A network after training. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Outcome(double loss, Mlp network, double[] start, List<double[]> history) {
    /** Of weights and biases of the hidden layer. */
    int rank() {
      DMatrixRMaj matrix = new DMatrixRMaj(HIDDEN, IN + 1);
      for (int u = 0; u < HIDDEN; u++) {
        for (int i = 0; i < IN; i++) {
          matrix.set(u, i, weights()[u * IN + i]);
        }
        matrix.set(u, IN, network.layers().getFirst().bias().values()[u]);
      }
      return MatrixFeatures_DDRM.rank(matrix, RANK);
    }

    double moved() {
      return IntStream.range(0, start.length)
          .mapToDouble(i -> Math.abs(weights()[i] - start[i]))
          .max()
          .orElseThrow();
    }

    private double[] weights() {
      return network.layers().getFirst().weight().values();
    }
  }

  @Override
  public Question question() {
    return QUESTION;
  }

  @Override
  public Findings run(Trial trial) {
    Findings findings = new Findings();
    Draws draws = trial.draws();
    Data data = Data.draw(draws.child("data"));
    Outcome zero = learn(findings, "all zero", data, net(draws, Init.constant(0)));
    Outcome constant = learn(findings, "all 0.3", data, net(draws, Init.constant(CONSTANT)));
    Mlp sigmoids = Mlp.draw(draws, Init.constant(0), ActivationFormula.SIGMOID, IN, HIDDEN, 2);
    Outcome sigmoid = learn(findings, "all zero, sigmoid", data, sigmoids);
    Outcome random = learn(findings, "Xavier", data, net(draws, Init.xavier()));
    Dense zeroLast = Dense.draw(draws, Init.constant(0), HIDDEN, 2);
    Mlp lastZero =
        new Mlp(
            List.of(net(draws, Init.xavier()).layers().getFirst(), zeroLast),
            ActivationFormula.TANH::apply);
    Outcome last = learn(findings, "last layer zero", data, lastZero);

    Criterion still = Criterion.exactly("how far hidden weights moved, at most", 0);
    findings.shows(still, "all zero", zero.moved());
    findings.control(still, "Xavier", random.moved());
    Criterion stuck = Criterion.above("loss / entropy of the classes", 0.85);
    Criterion learnt = Criterion.below("loss / entropy of the classes", 0.5);
    findings.shows(stuck, "all zero", zero.loss() / data.entropy());
    findings.shows(stuck, "all 0.3", constant.loss() / data.entropy());
    findings.control(stuck, "Xavier", random.loss() / data.entropy());

    Criterion prior = Criterion.below("|loss − entropy of the classes|", 1e-4);
    findings.corrects(prior, "all zero", Math.abs(zero.loss() - data.entropy()));
    findings.control(prior, "Xavier", Math.abs(random.loss() - data.entropy()));
    Criterion moves = Criterion.above("how far hidden weights moved, at most", 1e-4);
    findings.corrects(moves, "all 0.3", constant.moved());
    findings.corrects(moves, "all zero, sigmoid", sigmoid.moved());
    findings.control(moves, "all zero", zero.moved());
    Criterion one = Criterion.exactly("rank of hidden weights and biases", 1);
    findings.corrects(one, "all 0.3", constant.rank());
    findings.corrects(one, "all zero, sigmoid", sigmoid.rank());
    findings.control(one, "Xavier", random.rank());
    findings.corrects(learnt, "last layer zero", last.loss() / data.entropy());
    findings.control(learnt, "all zero", zero.loss() / data.entropy());
    double linear = linear(data);
    findings.number("linear model from zero, linear labels: loss", linear);
    findings.corrects(learnt, "linear model, linear labels", linear / Math.log(2));
    picture(findings, "hidden weights that began at 0.3", constant);
    picture(findings, "hidden weights that began at random", random);
    return findings;
  }

  private static Mlp net(Draws draws, Init init) {
    return Mlp.draw(draws, init, ActivationFormula.TANH, IN, HIDDEN, 2);
  }

  private static Outcome learn(Findings findings, String arm, Data data, Mlp network) {
    Leaf weight = network.layers().getFirst().weight();
    double[] start = weight.values().clone();
    List<double[]> history = new ArrayList<>();
    double[] losses =
        Training.run(
            Descent.sgd(LEARNING_RATE),
            network.leaves(),
            STEPS,
            (tape, step) -> {
              if (step % SHOWN == 0) {
                history.add(weight.values().clone());
              }
              Variable logits = network.apply(tape.constant(data.x(), POINTS, IN));
              return CrossEntropyFormula.mean().loss(logits, data.product()).loss();
            });
    Outcome outcome = new Outcome(losses[STEPS - 1], network, start, history);
    findings.number(arm + ": loss", outcome.loss());
    findings.number(arm + ": rank of hidden weights and biases", outcome.rank());
    return outcome;
  }

  /** The loss of a linear model that began at zero, on labels that are linear. */
  private static double linear(Data data) {
    Dense model = Dense.draw(Draws.of(0), Init.constant(0), IN, 2);
    return Training.run(
        Descent.sgd(LEARNING_RATE),
        model.leaves(),
        STEPS,
        (tape, step) ->
            CrossEntropyFormula.mean()
                .loss(model.apply(tape.constant(data.x(), POINTS, IN)), data.sum())
                .loss())[STEPS - 1];
  }

  private static void picture(Findings findings, String title, Outcome outcome) {
    List<Series> lines = new ArrayList<>();
    for (int unit = 0; unit < HIDDEN; unit++) {
      List<Series.Point> points = new ArrayList<>();
      for (int i = 0; i < outcome.history().size(); i++) {
        points.add(Series.Point.of(i * SHOWN, outcome.history().get(i)[unit * IN]));
      }
      lines.add(Series.line("unit " + unit, points));
    }
    findings.picture(
        new Chart.Plot(title, Axis.linear("step"), Axis.linear("weight of x₀"), lines));
  }

  @Override
  public List<Item> items(Draws draws) {
    return List.of(
        Choice.of(
            "All weights 0.3, biases 0, one hidden layer of 64 tanh units, trained: which rank has"
                + " the hidden layer's weight matrix?",
            "1",
            new Wrong("0", "that is the start from zero; these weights do move"),
            new Wrong("2", "the number of outputs does not part equal units"),
            new Wrong("64", "equal units get equal gradients: training cannot part them")));
  }
}
