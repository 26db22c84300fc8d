package dev.lockstep.grill.backpropagation;

import dev.lockstep.grill.evidence.Criterion;
import dev.lockstep.grill.evidence.Draws;
import dev.lockstep.grill.evidence.Findings;
import dev.lockstep.grill.evidence.Verdict;
import dev.lockstep.grill.item.Calculation;
import dev.lockstep.grill.item.Calculation.Closeness;
import dev.lockstep.grill.item.Choice;
import dev.lockstep.grill.item.Choice.Wrong;
import dev.lockstep.grill.item.Item;
import dev.lockstep.grill.lab.Lab;
import dev.lockstep.grill.lab.Question;
import dev.lockstep.grill.lab.Topic;
import dev.lockstep.grill.lab.Trial;
import dev.lockstep.grill.toy.Init;
import dev.lockstep.grill.toy.Mlp;
import dev.lockstep.grill.toy.Sweeps;
import dev.lockstep.grill.toy.Vectors;
import dev.lockstep.profile.page.Chart;
import dev.lockstep.reference.ActivationFormula;
import dev.lockstep.reference.Tape;
import dev.lockstep.reference.Variable;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;

/** One direction, or few inputs: what forward mode is for. */
public final class ForwardMode implements Lab {
  private static final Question QUESTION =
      Question.number(20, "forward-mode", Topic.BACKPROPAGATION)
          .asks("When is forward mode the better choice?")
          .formula(
              "J v: one forward sweep; Jᵀu: one reverse sweep; J: min(n, m) sweeps",
              "Jv:\\ 1 \\text{ forward sweep},\\qquad J^\\top u:\\ 1 \\text{ reverse sweep},\\qquad"
                  + " J:\\ \\min(n, m) \\text{ sweeps}")
          .answer(
              "When there are few inputs and many outputs; and whenever one product J v is wanted,"
                  + " which needs no tape to be kept.")
          .but(
              "Few inputs matter for the whole Jacobian only: a product J v takes one forward sweep"
                  + " however many inputs there are.")
          .experiment(
              "A 2-16-400 tanh network in both modes; a 400-16-1 network, where the rule turns"
                  + " round, and one product J v there and here.")
          .points(
              "the whole Jacobian of few inputs and many outputs",
              "J v for one direction, whatever the sizes",
              "nothing has to be kept for a way back")
          .expects(Verdict.CONFIRMED);

  private static final int MANY = 400;
  private static final int HIDDEN = 16;

  @Override
  public Question question() {
    return QUESTION;
  }

  @Override
  public Findings run(Trial trial) {
    Findings findings = new Findings();
    Criterion fewer = Criterion.below("forward sweeps per reverse sweep", 1);
    Criterion same = Criterion.below("largest difference of the two Jacobians", 1e-12);
    Draws draws = trial.draws();
    UnaryOperator<Variable> widening = network(draws, 2, MANY);
    double[] few = draws.normals(2, 1);
    Sweeps forward = Sweeps.forward(widening, few);
    Sweeps reverse = Sweeps.reverse(widening, few);
    findings.number("forward sweeps, 2 inputs and 400 outputs", forward.count());
    findings.number("reverse sweeps, 2 inputs and 400 outputs", reverse.count());
    findings.shows(fewer, "2 inputs, 400 outputs", (double) forward.count() / reverse.count());
    findings.shows(same, "both modes", Vectors.farthest(forward.jacobian(), reverse.jacobian()));
    findings.control(
        same,
        "quotients of differences, h = 1e-6",
        Vectors.farthest(quotients(widening, few, 1e-6), reverse.jacobian()));

    UnaryOperator<Variable> narrowing = network(draws, MANY, 1);
    double[] many = draws.normals(MANY, 1);
    Sweeps columns = Sweeps.forward(narrowing, many);
    Sweeps rows = Sweeps.reverse(narrowing, many);
    findings.number("forward sweeps, 400 inputs and 1 output", columns.count());
    findings.control(fewer, "400 inputs, 1 output", (double) columns.count() / rows.count());

    Criterion one = Criterion.exactly("sweeps for J v", 1);
    double[] v = draws.normals(MANY, 1);
    Tape tape = new Tape();
    Variable x = tape.variable(many, 1, MANY);
    Variable y = narrowing.apply(x);
    x.seedTangent(v);
    tape.forward();
    double expected = 0;
    for (int i = 0; i < MANY; i++) {
      expected += rows.jacobian()[i] * v[i];
    }
    Criterion product = Criterion.below("distance from J times v", 1e-12);
    findings.shows(one, "v carried along, 400 inputs", tape.forwardSweeps());
    findings.control(one, "J built by columns first", columns.count());
    findings.shows(product, "v carried along", Math.abs(y.tangent()[0] - expected));
    findings.control(product, "1 carried along in every input", Math.abs(sum(rows) - expected));
    findings.picture(picture());
    return findings;
  }

  private static double sum(Sweeps sweeps) {
    return Arrays.stream(sweeps.jacobian()).sum();
  }

  private static UnaryOperator<Variable> network(Draws draws, int in, int out) {
    return Mlp.draw(draws, Init.xavier(), ActivationFormula.TANH, in, HIDDEN, out)::apply;
  }

  private static double[] quotients(UnaryOperator<Variable> f, double[] at, double h) {
    double[] y = values(f, at);
    double[] all = new double[y.length * at.length];
    for (int i = 0; i < at.length; i++) {
      double[] moved = at.clone();
      moved[i] += h;
      double[] next = values(f, moved);
      for (int o = 0; o < y.length; o++) {
        all[o * at.length + i] = (next[o] - y[o]) / h;
      }
    }
    return all;
  }

  private static double[] values(UnaryOperator<Variable> f, double[] at) {
    return f.apply(new Tape().constant(at, 1, at.length)).values();
  }

  private static Chart picture() {
    List<Double> sizes = List.of(1.0, 10.0, 100.0, 1e3, 1e4);
    List<List<Double>> ratios =
        sizes.stream().map(m -> sizes.stream().map(n -> n / m).toList()).toList();
    List<String> rows = sizes.stream().map(m -> "%.0f outputs".formatted(m)).toList();
    return new Chart.HeatMap(
        "Forward sweeps per reverse sweep for the whole Jacobian: forward mode is cheaper below 1",
        "inputs",
        sizes,
        rows,
        ratios,
        true);
  }

  @Override
  public List<Item> items(Draws draws) {
    return List.of(
        Calculation.draw(
            draws,
            d -> {
              int n = d.between(2, 9);
              int m = 100 * d.between(2, 50);
              return Calculation.of(
                      ("A simulation has %d parameters and %d outputs. Fewest sweeps for its whole"
                              + " Jacobian?")
                          .formatted(n, m),
                      n,
                      Closeness.EXACT)
                  .slip(m, "that is reverse mode, one sweep per output")
                  .slip(1, "one forward sweep gives one column")
                  .slip((double) n * m, "a sweep gives a row or a column, not one entry");
            }),
        Choice.of(
            "J v is wanted for one v, with a million inputs and a million outputs. What does it"
                + " take?",
            "one forward sweep",
            new Wrong("a million forward sweeps", "builds J by columns, which nobody asked for"),
            new Wrong("a million reverse sweeps", "builds J by rows, which nobody asked for"),
            new Wrong("more memory than there is", "J never has to exist as a matrix")));
  }
}
