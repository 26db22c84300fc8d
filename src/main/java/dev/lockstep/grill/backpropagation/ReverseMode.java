package dev.lockstep.grill.backpropagation;

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
import dev.lockstep.grill.toy.Sweeps;
import dev.lockstep.grill.toy.Vectors;
import dev.lockstep.profile.page.Axis;
import dev.lockstep.profile.page.Chart;
import dev.lockstep.profile.page.Series;
import dev.lockstep.profile.page.Series.Point;
import dev.lockstep.reference.ActivationFormula;
import dev.lockstep.reference.Primitives;
import dev.lockstep.reference.Variable;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/** One output of many inputs: one reverse sweep, where forward mode takes one per input. */
public final class ReverseMode implements Lab {
  private static final Question QUESTION =
      Question.number(19, "reverse-mode", Topic.BACKPROPAGATION)
          .asks("Why is a network's gradient computed in reverse mode?")
          .formula(
              "f: Rⁿ → Rᵐ: reverse mode takes m sweeps for the whole Jacobian, forward mode n",
              "f\\colon \\mathbb{R}^n \\to \\mathbb{R}^m:\\quad \\text{reverse } m"
                  + " \\text{ sweeps},\\quad \\text{forward } n \\text{ sweeps}")
          .answer(
              "A loss is one number of millions of parameters. A reverse sweep gives the"
                  + " derivatives of one output in all inputs, a forward sweep those of all outputs"
                  + " along one direction: one sweep against millions.")
          .but("The price is memory: what the derivatives need is kept until the sweep comes back.")
          .experiment(
              "f(w) = Σ tanh(Aw)² of 50, 200 and 800 inputs: sweeps counted in both modes, and a"
                  + " function of 2 inputs and 400 outputs.")
          .points(
              "reverse mode: one sweep per output",
              "forward mode: one sweep per input",
              "a loss has one output and very many inputs")
          .expects(Verdict.CONFIRMED);

  private static final int[] INPUTS = {50, 200, 800};
  private static final int OUTPUTS = 400;
  private static final int INNER = 8;

  @Override
  public Question question() {
    return QUESTION;
  }

  @Override
  public Findings run(Trial trial) {
    Findings findings = new Findings();
    Criterion same = Criterion.below("largest difference of the two gradients", 1e-12);
    Criterion fewer = Criterion.below("reverse sweeps per forward sweep", 1);
    List<Point> forwards = new ArrayList<>();
    List<Point> reverses = new ArrayList<>();
    for (int n : INPUTS) {
      Draws draws = trial.draws().child(n);
      double[] a = draws.normals(n * INNER, 1 / Math.sqrt(n));
      UnaryOperator<Variable> f =
          w -> {
            Variable h =
                ActivationFormula.TANH.apply(Primitives.matmul(w, w.tape().constant(a, n, INNER)));
            return Primitives.sum(Primitives.multiply(h, h));
          };
      double[] w = draws.normals(n, 1);
      Sweeps reverse = Sweeps.reverse(f, w);
      Sweeps forward = Sweeps.forward(f, w);
      double apart = Vectors.farthest(reverse.jacobian(), forward.jacobian());
      findings.number("sweeps of %d inputs, forward mode".formatted(n), forward.count());
      findings.number("sweeps of %d inputs, reverse mode".formatted(n), reverse.count());
      findings.shows(same, n + " inputs", apart);
      findings.shows(fewer, n + " inputs, 1 output", (double) reverse.count() / forward.count());
      forwards.add(Point.of(n, forward.count()));
      reverses.add(Point.of(n, reverse.count()));
      if (n == INPUTS[0]) {
        Sweeps half = Sweeps.forward(f, w, n / 2);
        findings.control(
            same,
            "forward mode after half its sweeps",
            Vectors.farthest(reverse.jacobian(), half.jacobian()));
      }
    }
    Draws draws = trial.draws().child("wide");
    double[] a = draws.normals(2 * OUTPUTS, 1);
    UnaryOperator<Variable> wide =
        x -> ActivationFormula.TANH.apply(Primitives.matmul(x, x.tape().constant(a, 2, OUTPUTS)));
    double[] x = draws.normals(2, 1);
    findings.control(
        fewer,
        "2 inputs, 400 outputs",
        (double) Sweeps.reverse(wide, x).count() / Sweeps.forward(wide, x).count());
    findings.picture(
        new Chart.Plot(
            "Sweeps for a gradient",
            Axis.log("inputs"),
            Axis.log("sweeps"),
            List.of(Series.line("forward mode", forwards), Series.line("reverse mode", reverses))));
    return findings;
  }

  @Override
  public List<Item> items(Draws draws) {
    return List.of(
        Calculation.draw(
            draws,
            d -> {
              int n = 100 * d.between(2, 50);
              int m = d.between(3, 9);
              return Calculation.of(
                      ("%d inputs, %d outputs: how many sweeps does the cheaper mode take for the"
                              + " whole Jacobian?")
                          .formatted(n, m),
                      m,
                      Closeness.EXACT)
                  .slip(n, "that is forward mode, one sweep per input")
                  .slip(1, "one reverse sweep gives one row of the Jacobian")
                  .slip((double) n * m, "a sweep gives a row or a column, not one entry");
            }));
  }
}
