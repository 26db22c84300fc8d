package dev.lockstep.grill.activations;

import dev.lockstep.grill.evidence.Criterion;
import dev.lockstep.grill.evidence.Draws;
import dev.lockstep.grill.evidence.Findings;
import dev.lockstep.grill.evidence.Verdict;
import dev.lockstep.grill.item.Calculation;
import dev.lockstep.grill.item.Calculation.Closeness;
import dev.lockstep.grill.item.Item;
import dev.lockstep.grill.lab.Lab;
import dev.lockstep.grill.lab.Question;
import dev.lockstep.grill.lab.Topic;
import dev.lockstep.grill.lab.Trial;
import dev.lockstep.grill.toy.Init;
import dev.lockstep.grill.toy.Mlp;
import dev.lockstep.profile.page.Chart;
import dev.lockstep.reference.ActivationFormula;
import dev.lockstep.reference.Primitives;
import dev.lockstep.reference.Tape;
import dev.lockstep.reference.Variable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

/** What speaks against sigmoid in hidden layers: saturation, and gradients of one sign. */
public final class SigmoidHidden implements Lab {
  private static final Question QUESTION =
      Question.number(6, "sigmoid-hidden", Topic.ACTIVATIONS)
          .asks("Why is sigmoid a poor activation for hidden layers?")
          .formula(
              "σ′(z) = σ(z)(1 − σ(z)) ≤ 1/4; ∂L/∂w_ij = δᵢ hⱼ with every hⱼ > 0",
              "\\sigma'(z) = \\sigma(z)(1 - \\sigma(z)) \\le \\tfrac14,\\quad"
                  + " \\frac{\\partial L}{\\partial w_{ij}} = \\delta_i h_j,\\; h_j > 0")
          .answer(
              "It saturates: its slope is at most 1/4 and almost 0 away from 0. And its outputs are"
                  + " all positive, so the gradients of a unit's incoming weights share one sign.")
          .but(
              "One sign is exact for a single example only. In a batch signs may mix, though the"
                  + " gradient stays close to the direction of equal weights.")
          .experiment(
              "The slope at 0 to 10; networks 10-32-32-1 with random residuals: signs and direction"
                  + " of the second layer's gradient for batches of 1 to 64.")
          .points(
              "the slope is at most 1/4 and vanishes exponentially: gradients die",
              "outputs are not centred: incoming gradients of a unit share one sign per example",
              "in a batch the signs may mix, but the gradient stays near one direction")
          .kernels("linear_sigmoid_19x40_to_24")
          .expects(Verdict.CORRECTED);

  private static final int IN = 10;
  private static final int WIDTH = 32;
  private static final int NETWORKS = 24;
  private static final List<Integer> BATCHES = List.of(1, 4, 16, 64);

  private static final Map<String, UnaryOperator<Variable>> ACTIVATIONS = new LinkedHashMap<>();

  static {
    ACTIVATIONS.put("sigmoid", ActivationFormula.SIGMOID::apply);
    ACTIVATIONS.put("tanh", ActivationFormula.TANH::apply);
    ACTIVATIONS.put(
        "sigmoid − 1/2", z -> Primitives.affine(ActivationFormula.SIGMOID.apply(z), 1, -0.5));
  }

  @Override
  public Question question() {
    return QUESTION;
  }

  @Override
  public Findings run(Trial trial) {
    Findings findings = new Findings();
    slopes(findings);
    ACTIVATIONS.forEach(
        (name, activation) -> {
          for (int batch : BATCHES) {
            double oneSign = 0;
            double along = 0;
            for (Draws draws : trial.repeats(NETWORKS)) {
              double[][] gradient = gradient(draws, activation, batch);
              oneSign += oneSign(gradient);
              along += alongOnes(gradient);
            }
            findings.number(signs(name, batch), oneSign / NETWORKS);
            findings.number(along(name, batch), along / NETWORKS);
          }
        });
    judge(findings);
    UnaryOperator<Variable> sigmoid = ActivationFormula.SIGMOID::apply;
    findings.picture(map("∂L/∂W, one example", gradient(trial.draws(), sigmoid, 1)));
    findings.picture(map("∂L/∂W, 64 examples", gradient(trial.draws(), sigmoid, 64)));
    return findings;
  }

  private static void slopes(Findings findings) {
    for (double z : new double[] {0, 2, 5, 10}) {
      findings.number(
          "slope of sigmoid at %.0f".formatted(z), ActivationFormula.SIGMOID.derivative(z, 0));
    }
    Criterion dead = Criterion.below("slope at 5", 0.01);
    findings.shows(dead, "sigmoid", ActivationFormula.SIGMOID.derivative(5, 0));
    findings.control(dead, "ReLU", ActivationFormula.RELU.derivative(5, 0));
    Criterion quarter = Criterion.exactly("slope at 0", 0.25);
    findings.shows(quarter, "sigmoid", ActivationFormula.SIGMOID.derivative(0, 0));
    findings.control(quarter, "tanh", ActivationFormula.TANH.derivative(0, 0));
  }

  private static void judge(Findings findings) {
    Criterion one = Criterion.exactly("share of units whose gradients have one sign", 1);
    double single = findings.number(signs("sigmoid", 1)).median();
    findings.shows(one, "sigmoid, one example", single);
    for (String centred : List.of("tanh", "sigmoid − 1/2")) {
      findings.control(one, centred + ", one example", findings.number(signs(centred, 1)).median());
    }
    Criterion mixed = Criterion.below("share of units whose gradients have one sign", 0.9);
    findings.corrects(
        mixed, "sigmoid, 64 examples", findings.number(signs("sigmoid", 64)).median());
    findings.control(mixed, "sigmoid, one example", single);
    Criterion aligned = Criterion.above("share of the gradient along (1, …, 1)", 0.4);
    for (int batch : List.of(1, 16, 64)) {
      String examples = ", batch %d".formatted(batch);
      findings.shows(
          aligned, "sigmoid" + examples, findings.number(along("sigmoid", batch)).median());
      findings.control(aligned, "tanh" + examples, findings.number(along("tanh", batch)).median());
    }
  }

  private static String signs(String activation, int batch) {
    return "%s, batch %d: share of units of one sign".formatted(activation, batch);
  }

  private static String along(String activation, int batch) {
    return "%s, batch %d: share along (1, …, 1)".formatted(activation, batch);
  }

  /** Of the second layer's weights, {@code [unit][input]}, for residuals drawn at random. */
  private static double[][] gradient(Draws draws, UnaryOperator<Variable> activation, int batch) {
    Mlp network = Mlp.draw(draws, Init.xavier(), activation, IN, WIDTH, WIDTH, 1);
    Variable y = network.apply(new Tape().constant(draws.normals(batch * IN, 1), batch, IN));
    y.seedGradient(draws.normals(batch, 1));
    y.tape().reverse();
    double[] flat = network.layers().get(1).weight().gradient();
    return IntStream.range(0, WIDTH)
        .mapToObj(unit -> Arrays.copyOfRange(flat, unit * WIDTH, (unit + 1) * WIDTH))
        .toArray(double[][]::new);
  }

  private static double oneSign(double[][] gradient) {
    return Arrays.stream(gradient)
            .filter(
                row ->
                    Arrays.stream(row).allMatch(g -> g > 0)
                        || Arrays.stream(row).allMatch(g -> g < 0))
            .count()
        / (double) WIDTH;
  }

  /** The share of a gradient's square that lies along equal weights; 1/32 by chance. */
  private static double alongOnes(double[][] gradient) {
    double along = 0;
    double all = 0;
    for (double[] row : gradient) {
      double sum = Arrays.stream(row).sum();
      along += sum * sum / WIDTH;
      all += Arrays.stream(row).map(g -> g * g).sum();
    }
    return along / all;
  }

  private static Chart map(String title, double[][] gradient) {
    List<Double> columns = new ArrayList<>();
    List<String> rows = new ArrayList<>();
    List<List<Double>> values = new ArrayList<>();
    for (int i = 0; i < WIDTH; i++) {
      columns.add((double) i);
      rows.add("unit " + i);
      values.add(Arrays.stream(gradient[i]).map(Math::signum).boxed().toList());
    }
    return new Chart.HeatMap(title + ": signs", "input", columns, rows, values, false);
  }

  @Override
  public List<Item> items(Draws draws) {
    return List.of(
        Calculation.draw(
            draws,
            d -> {
              double z = d.between(5, 50) / 10.0;
              double s = ActivationFormula.SIGMOID.value(z, 0);
              return Calculation.of(
                      "What is the slope of the sigmoid at z = %s?".formatted(z),
                      s * (1 - s),
                      Closeness.NEAR)
                  .slip(s, "that is the sigmoid itself")
                  .slip(ActivationFormula.TANH.derivative(z, 0), "that is the slope of tanh")
                  .slip(0.25, "1/4 is its largest slope, at 0");
            }));
  }
}
