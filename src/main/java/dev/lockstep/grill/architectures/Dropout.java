package dev.lockstep.grill.architectures;

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
import dev.lockstep.grill.toy.Mlp;
import dev.lockstep.grill.toy.Training;
import dev.lockstep.profile.page.Axis;
import dev.lockstep.profile.page.Chart;
import dev.lockstep.reference.ActivationFormula;
import dev.lockstep.reference.Descent;
import dev.lockstep.reference.DropoutFormula;
import dev.lockstep.reference.Leaf;
import dev.lockstep.reference.Primitives;
import dev.lockstep.reference.SquaredErrorFormula;
import dev.lockstep.reference.Tape;
import dev.lockstep.reference.Variable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Dropout's moments, and that its help turns to harm with the amount of data. */
public final class Dropout implements Lab {
  private static final Question QUESTION =
      Question.number(44, "dropout", Topic.ARCHITECTURES)
          .asks("What does dropout do in training and at inference, and when does it help?")
          .formula(
              "x · mask / (1 − p): mean x, variance x² p / (1 − p)",
              "\\tilde x = \\frac{m\\,x}{1 - p}, \\quad \\mathbb{E}[\\tilde x] = x, \\quad"
                  + " \\operatorname{Var}[\\tilde x] = \\frac{p}{1 - p}\\,x^2")
          .answer(
              "Activations are set to 0 with probability p and the rest scaled by 1/(1 − p), so"
                  + " that nothing needs to change at inference; it keeps a network from"
                  + " overfitting.")
          .but(
              "It helps where data is short. With data seen only once there is nothing to overfit,"
                  + " and the noise costs accuracy.")
          .experiment(
              "200,000 draws of p = 0.2; 20-32-32-1 with Adam 0.005 and 300 steps of 32 on a sine"
                  + " with noise, p = 0 and 0.4: 96 samples again and again, or 9,600 seen once.")
          .points(
              "activations are zeroed with probability p, the rest divided by 1 − p",
              "at inference it is off, and nothing has to be rescaled",
              "it helps against overfitting, and costs where there is none")
          .expects(Verdict.CONFIRMED);

  private static final int DRAWN = 200_000;
  private static final double P = 0.2;
  private static final int INPUTS = 20;
  private static final int WIDTH = 32;
  private static final int SAMPLES = 96;
  private static final int BATCH = 32;
  private static final int STEPS = 300;
  private static final int HELD_OUT = 512;
  private static final double[] RATES = {0, 0.2, 0.4};

  @Override
  public Question question() {
    return QUESTION;
  }

  @Override
  public Findings run(Trial trial) {
    Findings findings = new Findings();
    moments(findings, trial.draws().child("moments"));
    List<Draws> repeats = trial.repeats(3);
    double[] few = new double[RATES.length];
    double[] many = new double[RATES.length];
    List<double[]> gains = new ArrayList<>();
    for (Draws draws : repeats) {
      double[] ofFew = errors(draws, false);
      double[] ofMany = errors(draws, true);
      gains.add(new double[] {ofFew[0] - ofFew[2], ofMany[0] - ofMany[2]});
      for (int r = 0; r < RATES.length; r++) {
        few[r] += ofFew[r] / repeats.size();
        many[r] += ofMany[r] / repeats.size();
      }
    }
    Spread short96 = Spread.over(gains, g -> g[0]);
    Spread stream = Spread.over(gains, g -> g[1]);
    findings.number("gain by p = 0.4, 96 samples", short96);
    findings.number("gain by p = 0.4, 9,600 samples", stream);
    findings.number("squared error without, 96 samples", few[0]);
    findings.number("squared error without, 9,600 samples", many[0]);
    Criterion helps = Criterion.above("squared error saved by p = 0.4", 0.05);
    findings.shows(helps, "96 samples", short96.median());
    findings.control(helps, "9,600 samples seen once", stream.median());
    Criterion costs = Criterion.below("squared error saved by p = 0.4", -0.01);
    findings.shows(costs, "9,600 samples seen once", stream.median());
    findings.control(costs, "96 samples", short96.median());
    findings.picture(
        new Chart.Plot(
            "On what was held out",
            Axis.linear("p"),
            Axis.linear("squared error, mean of 3"),
            List.of(
                Figures.line("96 samples", RATES, few),
                Figures.line("9,600 samples", RATES, many))));
    return findings;
  }

  private static void moments(Findings findings, Draws draws) {
    double[] ones = new double[DRAWN];
    Arrays.fill(ones, 1);
    boolean[] keeps = new boolean[DRAWN];
    for (int i = 0; i < DRAWN; i++) {
      keeps[i] = !draws.chance(P);
    }
    double[] mask = new double[DRAWN];
    Arrays.setAll(mask, i -> keeps[i] ? 1 : 0);
    double[] kept =
        DropoutFormula.apply(new Tape().constant(ones, DRAWN), P, i -> keeps[i]).values();
    double[] unscaled = DropoutFormula.masked(new Tape().constant(ones, DRAWN), mask).values();
    double mean = mean(kept);
    double variance = variance(kept);
    findings.number("mean of ones, p = 0.2", mean);
    findings.number("variance of ones, p = 0.2", variance);
    Criterion unbiased = Criterion.between("mean of ones", 0.99, 1.01);
    findings.shows(unbiased, "scaled", mean);
    findings.control(unbiased, "not scaled", mean(unscaled));
    Criterion spread = Criterion.between("variance of ones", 0.24, 0.26);
    findings.shows(spread, "scaled", variance);
    findings.control(spread, "not scaled", variance(unscaled));
  }

  private static double mean(double[] values) {
    return Arrays.stream(values).average().orElseThrow();
  }

  private static double variance(double[] values) {
    double mean = mean(values);
    return Arrays.stream(values).map(v -> (v - mean) * (v - mean)).sum() / values.length;
  }

  /** The error on what was held out, for each p. */
  private static double[] errors(Draws draws, boolean fresh) {
    return Arrays.stream(RATES).map(p -> error(draws, p, fresh)).toArray();
  }

  private static double error(Draws draws, double p, boolean fresh) {
    double[] direction = draws.child("direction").normals(INPUTS, 1.3 / Math.sqrt(INPUTS));
    List<Dense> layers =
        Mlp.draw(draws.child("network"), Init.he(), ActivationFormula.RELU, INPUTS, WIDTH, WIDTH, 1)
            .layers();
    Draws batches = draws.child("batches");
    Draws masks = draws.child("masks");
    double[] same = draws.child("training").normals(SAMPLES * INPUTS, 1);
    double[] noise = draws.child("noise").normals(SAMPLES, 0.5);
    List<Leaf> leaves = layers.stream().flatMap(layer -> layer.leaves().stream()).toList();
    Training.run(
        Descent.adam(0.005),
        leaves,
        STEPS,
        (tape, step) -> {
          double[] x = new double[BATCH * INPUTS];
          double[] y = new double[BATCH];
          for (int b = 0; b < BATCH; b++) {
            int at = batches.below(SAMPLES);
            double[] from = fresh ? batches.normals(INPUTS, 1) : same;
            System.arraycopy(from, fresh ? 0 : at * INPUTS, x, b * INPUTS, INPUTS);
            y[b] = target(x, b, direction) + (fresh ? 0.5 * batches.normal() : noise[at]);
          }
          return squaredError(layers, tape.constant(x, BATCH, INPUTS), y, p, masks);
        });
    double[] x = draws.child("held out").normals(HELD_OUT * INPUTS, 1);
    double[] y = new double[HELD_OUT];
    Arrays.setAll(y, b -> target(x, b, direction));
    return squaredError(layers, new Tape().constant(x, HELD_OUT, INPUTS), y, 0, masks).scalar();
  }

  private static double target(double[] x, int row, double[] direction) {
    double z = 0;
    for (int i = 0; i < INPUTS; i++) {
      z += x[row * INPUTS + i] * direction[i];
    }
    return Math.sin(z);
  }

  private static Variable squaredError(
      List<Dense> layers, Variable x, double[] y, double p, Draws masks) {
    Variable h = x;
    for (Dense layer : layers.subList(0, layers.size() - 1)) {
      h = ActivationFormula.RELU.apply(layer.apply(h));
      h = p == 0 ? h : DropoutFormula.apply(h, p, i -> !masks.chance(p));
    }
    Variable found = layers.getLast().apply(h);
    return Primitives.mean(SquaredErrorFormula.elements(found, x.tape().constant(y, y.length, 1)));
  }

  @Override
  public List<Item> items(Draws draws) {
    return List.of(
        Calculation.draw(
            draws,
            d -> {
              double p = d.between(1, 6) / 10.0;
              double x = d.between(1, 4);
              return Calculation.of(
                      "Dropout with p = %s and scaling, x = %.0f: the variance of what comes out?"
                          .formatted(p, x),
                      x * x * p / (1 - p),
                      Closeness.NEAR)
                  .slip(x * x * p * (1 - p), "that is without the scaling")
                  .slip(p, "that is the rate itself")
                  .slip(x * (1 - p), "that is the mean without the scaling");
            }));
  }
}
