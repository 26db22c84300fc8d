package dev.lockstep.grill.gradients;

import dev.lockstep.grill.evidence.Criterion;
import dev.lockstep.grill.evidence.Draws;
import dev.lockstep.grill.evidence.Findings;
import dev.lockstep.grill.evidence.Numeral;
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
import dev.lockstep.grill.toy.Init;
import dev.lockstep.grill.toy.Vectors;
import dev.lockstep.profile.page.Axis;
import dev.lockstep.profile.page.Chart;
import dev.lockstep.profile.page.Series;
import dev.lockstep.reference.ActivationFormula;
import dev.lockstep.reference.LinearFormula;
import dev.lockstep.reference.Primitives;
import dev.lockstep.reference.RecurrentFormula;
import dev.lockstep.reference.RecurrentFormula.Cell;
import dev.lockstep.reference.RecurrentFormula.State;
import dev.lockstep.reference.RecurrentFormula.Weights;
import dev.lockstep.reference.Tape;
import dev.lockstep.reference.Variable;
import dev.lockstep.reference.Views;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/** Gradients through time: what the norm of the recurrent matrix decides, and what it does not. */
public final class RecurrentGradients implements Lab {
  private static final String SATURATED = "log₁₀ of the gradient, 1.5 I with tanh";

  private static final Question QUESTION =
      Question.number(34, "rnn-gradients", Topic.GRADIENTS)
          .asks("Why do gradients vanish or explode in recurrent networks?")
          .formula(
              "∂h_T/∂h₀ = ∏ diag(φ′ₜ) W",
              "\\frac{\\partial h_T}{\\partial h_0} = \\prod_{t=1}^{T}"
                  + " \\operatorname{diag}(\\varphi'_t)\\, W")
          .answer(
              "The same matrix is multiplied T times: with ‖W‖ below 1 the gradient vanishes, above"
                  + " 1 it explodes. Gates, as in the LSTM, help.")
          .but(
              "The first half holds. The second does not: a norm above 1 is needed to explode, not"
                  + " enough (Pascanu et al. 2013). Units that saturate, or a matrix whose norm"
                  + " comes from a few rows, let the gradient vanish all the same. And gates help"
                  + " while they are open.")
          .experiment(
              "32 units, 100 steps: orthogonal matrices times 0.9 and 1.1, with tanh and without;"
                  + " 1.5 I with tanh; a matrix of norm above 10 whose eigenvalues are 0.5; LSTMs"
                  + " with forget biases 0, 1 and 3.")
          .points(
              "a product of T Jacobians, φ′ times W each",
              "below norm 1 it vanishes for certain",
              "above 1 it may explode, or vanish by saturation",
              "an LSTM's cell passes the gradient on where its forget gate is open")
          .expects(Verdict.REFUTED);

  private static final int UNITS = 32;
  private static final int STEPS = 100;
  private static final double[] BIASES = {0, 1, 3};

  @Override
  public Question question() {
    return QUESTION;
  }

  @Override
  public Findings run(Trial trial) {
    Findings findings = new Findings();
    List<Draws> repeats = trial.repeats(3);
    List<Series> curves = new ArrayList<>();
    for (double factor : new double[] {0.9, 1.1}) {
      Criterion theory =
          Criterion.between(
              "log₁₀ of the gradient",
              STEPS * Math.log10(factor) - 0.05,
              STEPS * Math.log10(factor) + 0.05);
      Spread linear =
          Spread.over(
              repeats,
              d -> end(plain(d, scaled(orthogonal(d.child("w")), factor), ActivationFormula.NONE)));
      Spread tanh =
          Spread.over(
              repeats,
              d -> end(plain(d, scaled(orthogonal(d.child("w")), factor), ActivationFormula.TANH)));
      findings.number("log₁₀ of the gradient, orthogonal times " + factor, linear);
      findings.shows(theory, "orthogonal times " + factor, linear.median());
      findings.control(theory, "orthogonal times " + factor + " with tanh", tanh.median());
    }
    Spread saturated =
        Spread.over(repeats, d -> end(plain(d, scaled(identity(), 1.5), ActivationFormula.TANH)));
    Spread skewed =
        Spread.over(repeats, d -> end(plain(d, skewed(d.child("w")), ActivationFormula.NONE)));
    Spread grown =
        Spread.over(
            repeats,
            d -> end(plain(d, scaled(orthogonal(d.child("w")), 1.5), ActivationFormula.NONE)));
    Draws first = repeats.getFirst();
    double norm = norm(skewed(first.child("w")));
    findings.number(SATURATED, saturated);
    findings.number("log₁₀ of the gradient, eigenvalues 0.5", skewed);
    findings.number("norm of the matrix of eigenvalues 0.5", norm);
    Criterion expands = Criterion.above("norm of W", 1.01);
    findings.shows(expands, "eigenvalues 0.5", norm);
    findings.shows(expands, "1.5 I", norm(scaled(identity(), 1.5)));
    findings.control(
        expands, "orthogonal times 0.9", norm(scaled(orthogonal(first.child("w")), 0.9)));
    Criterion vanishes = Criterion.below("log₁₀ of the gradient, norm above 1", -10);
    findings.refutes(vanishes, "1.5 I with tanh", saturated.median());
    findings.refutes(vanishes, "eigenvalues 0.5", skewed.median());
    findings.control(vanishes, "orthogonal times 1.5", grown.median());

    Criterion open = Criterion.above("log₁₀ of the cell's gradient", -3);
    for (double bias : BIASES) {
      Spread lstm = Spread.over(repeats, d -> end(lstm(d, bias)));
      findings.number("log₁₀ of the cell's gradient, forget bias " + Numeral.text(bias), lstm);
      if (bias == 3) {
        findings.shows(open, "forget bias 3", lstm.median());
      } else if (bias == 0) {
        findings.control(open, "forget bias 0", lstm.median());
      }
      curves.add(Series.steps("LSTM, forget bias " + Numeral.text(bias), lstm(first, bias)));
    }
    curves.add(
        Series.steps(
            "1.5 I with tanh", plain(first, scaled(identity(), 1.5), ActivationFormula.TANH)));
    curves.add(
        Series.steps(
            "eigenvalues 0.5", plain(first, skewed(first.child("w")), ActivationFormula.NONE)));
    findings.picture(
        new Chart.Plot(
            "Gradients through time",
            Axis.linear("steps back"),
            Axis.linear("log₁₀ of the gradient against the last step's"),
            curves));
    return findings;
  }

  private static double end(double[] logs) {
    return logs[STEPS];
  }

  /** log₁₀ |∂L/∂hₜ| / |∂L/∂h_T| for h ← φ(W h + x), from the last step back. */
  private static double[] plain(Draws draws, double[] w, ActivationFormula activation) {
    Tape tape = new Tape();
    Variable weight = tape.constant(w, UNITS, UNITS);
    Draws inputs = draws.child("inputs");
    List<Variable> states = new ArrayList<>();
    states.add(Primitives.scale(tape.variable(inputs.normals(UNITS, 0.1), 1, UNITS), 1));
    for (int t = 0; t < STEPS; t++) {
      Variable x = tape.constant(inputs.normals(UNITS, 0.1), 1, UNITS);
      Variable z = Primitives.add(LinearFormula.linear(states.getLast(), weight, null), x);
      states.add(activation.apply(z));
    }
    return logs(draws, states);
  }

  /** The same of an LSTM's cell; weights of standard deviation 1/√units, no other biases. */
  private static double[] lstm(Draws draws, double forgetBias) {
    Tape tape = new Tape();
    Draws own = draws.child("lstm");
    double[] bias = new double[4 * UNITS];
    Arrays.fill(bias, UNITS, 2 * UNITS, forgetBias); // gates i, f, g, o
    Cell cell =
        RecurrentFormula.lstm(
            new Weights(
                tape.constant(Init.lecun().draw(own, UNITS, 4 * UNITS), 4 * UNITS, UNITS),
                tape.constant(Init.lecun().draw(own, UNITS, 4 * UNITS), 4 * UNITS, UNITS),
                tape.constant(bias, 4 * UNITS),
                null));
    Draws inputs = draws.child("inputs");
    List<Variable> cells = new ArrayList<>();
    cells.add(Primitives.scale(tape.variable(inputs.normals(UNITS, 0.1), 1, UNITS), 1));
    State state = new State(tape.constant(new double[UNITS], 1, UNITS), cells.getFirst());
    for (int t = 0; t < STEPS; t++) {
      state = cell.step(tape.constant(inputs.normals(UNITS, 1), 1, UNITS), state);
      cells.add(Objects.requireNonNull(state.c()));
    }
    return logs(draws, cells);
  }

  private static double[] logs(Draws draws, List<Variable> states) {
    Variable last = states.getLast();
    last.seedGradient(draws.child("upstream").normals(UNITS, 1));
    last.tape().reverse();
    double start = Vectors.norm(last.gradient());
    double[] logs = new double[STEPS + 1];
    Arrays.setAll(
        logs, back -> Math.log10(Vectors.norm(states.get(STEPS - back).gradient()) / start));
    return logs;
  }

  private static double[] identity() {
    double[] w = new double[UNITS * UNITS];
    for (int i = 0; i < UNITS; i++) {
      w[i * UNITS + i] = 1;
    }
    return w;
  }

  private static double[] scaled(double[] w, double factor) {
    return Arrays.stream(w).map(v -> factor * v).toArray();
  }

  /** Rows made orthonormal one after the other (Gram and Schmidt). */
  private static double[] orthogonal(Draws draws) {
    double[] w = draws.normals(UNITS * UNITS, 1);
    for (int r = 0; r < UNITS; r++) {
      for (int pass = 0; pass < 2; pass++) {
        for (int q = 0; q < r; q++) {
          double dot = dot(w, r, q);
          for (int i = 0; i < UNITS; i++) {
            w[r * UNITS + i] -= dot * w[q * UNITS + i];
          }
        }
      }
      double length = Math.sqrt(dot(w, r, r));
      for (int i = 0; i < UNITS; i++) {
        w[r * UNITS + i] /= length;
      }
    }
    return w;
  }

  private static double dot(double[] w, int r, int q) {
    double dot = 0;
    for (int i = 0; i < UNITS; i++) {
      dot += w[r * UNITS + i] * w[q * UNITS + i];
    }
    return dot;
  }

  /** 0.5 on the diagonal, the units' second half feeding the first strongly: far from normal. */
  private static double[] skewed(Draws draws) {
    double[] w = scaled(identity(), 0.5);
    for (int r = 0; r < UNITS / 2; r++) {
      for (int c = UNITS / 2; c < UNITS; c++) {
        w[r * UNITS + c] = 5 * draws.normal();
      }
    }
    return w;
  }

  /** The largest singular value, by power iteration on WᵀW. */
  private static double norm(double[] w) {
    Tape tape = new Tape();
    Variable matrix = tape.constant(w, UNITS, UNITS);
    double[] v = new double[UNITS];
    Arrays.fill(v, 1);
    double norm = 0;
    for (int i = 0; i < 100; i++) {
      Variable image = Primitives.matmul(matrix, tape.constant(v, UNITS, 1));
      norm = Vectors.norm(image.values()) / Vectors.norm(v);
      double[] next = Primitives.matmul(Views.transpose(matrix), image).values();
      double length = Vectors.norm(next);
      v = scaled(next, 1 / length);
    }
    return norm;
  }

  @Override
  public List<Item> items(Draws draws) {
    return List.of(
        new Prediction(
            "W = 1.5 I with tanh and small inputs, 100 steps back: what becomes of the gradient?",
            List.of(
                "it grows tenfold or more",
                "it stays to within a factor of ten",
                "it shrinks to a tenth or less"),
            findings -> {
              double log = findings.number(SATURATED).median();
              return log > 1 ? 0 : log > -1 ? 1 : 2;
            }),
        Calculation.draw(
            draws,
            d -> {
              double factor = d.oneOf(List.of(0.8, 0.85, 0.9, 0.95, 1.05, 1.1));
              int steps = 10 * d.between(2, 8);
              return Calculation.of(
                      "W is orthogonal times %s, no activation, %d steps: the gradient's factor?"
                          .formatted(factor, steps),
                      Math.pow(factor, steps),
                      Closeness.DECADES)
                  .slip(factor, "factors multiply from step to step")
                  .slip(factor * steps, "they multiply, they do not add")
                  .slip(1, "that is for the orthogonal matrix itself");
            }));
  }
}
