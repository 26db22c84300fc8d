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
import dev.lockstep.profile.page.Axis;
import dev.lockstep.profile.page.Chart;
import dev.lockstep.profile.page.Series;
import dev.lockstep.profile.page.Series.Point;
import dev.lockstep.reference.Leaf;
import dev.lockstep.reference.Primitives;
import dev.lockstep.reference.Tape;
import dev.lockstep.reference.Variable;
import java.util.ArrayList;
import java.util.List;

/** What happens when a loss is asked to go backward: each node once, and gradients add up. */
public final class BackwardCall implements Lab {
  private static final Question QUESTION =
      Question.number(21, "backward-call", Topic.BACKPROPAGATION)
          .asks("What happens inside loss.backward()?")
          .formula(
              "x̄ = Σ over consumers c of x: c̄ ∂c/∂x",
              "\\bar{x} = \\sum_{c \\,\\in\\, \\text{consumers}(x)} \\bar{c}\\,"
                  + "\\frac{\\partial c}{\\partial x}")
          .answer(
              "The graph that the forward pass recorded is walked from the loss back in"
                  + " topological order; every node hands its gradient on to its inputs, and what"
                  + " arrives at a leaf is added to its gradient.")
          .but(
              "A node waits for all its consumers before it hands anything on, or the work doubles"
                  + " at every fork; and what is no leaf keeps no gradient afterwards.")
          .experiment(
              "y = a sin x + a with a = x², where paths fork twice; a chain of 20 doublings"
                  + " v ← v + v, visits counted.")
          .points(
              "reverse topological order over the recorded graph",
              "contributions of several consumers are added",
              "leaves add to what their gradient was before",
              "every node is visited once")
          .expects(Verdict.CONFIRMED);

  private static final int DOUBLINGS = 20;
  private static final int SHOWN = 12;

  /** A number with the slope of each of its inputs, for the walks that go wrong. */
  private record Node(List<Node> inputs, List<Double> slopes) {
    static Node leaf() {
      return new Node(List.of(), List.of());
    }
  }

  @Override
  public Question question() {
    return QUESTION;
  }

  @Override
  public Findings run(Trial trial) {
    Findings findings = new Findings();
    diamond(findings, trial.draws().uniform(1, 2));
    doublings(findings);
    return findings;
  }

  private static void diamond(Findings findings, double at) {
    Leaf leaf = new Leaf("x", new double[] {at}, 1);
    Tape tape = new Tape();
    Variable x = tape.variable(leaf);
    Variable a = Primitives.multiply(x, x);
    Variable sine = Primitives.map(x, Math::sin, Math::cos);
    Variable y = Primitives.add(Primitives.multiply(a, sine), a);
    double right = 2 * at * Math.sin(at) + at * at * Math.cos(at) + 2 * at;
    tape.reverse(y);
    double first = leaf.gradient()[0];
    tape.reverse(y);
    double second = leaf.gradient()[0];
    leaf.zeroGradient();
    tape.reverse(y);
    double afterZero = leaf.gradient()[0];

    Criterion close = Criterion.below("relative error of dy/dx", 1e-14);
    findings.number("dy/dx", first);
    findings.shows(close, "all paths added", Math.abs(first / right - 1));
    // The walk comes to a = x x last, when a's gradient is sin x from the product, which came after
    // the sum; an "=" for each "+=" leaves that times one of the two factors.
    double lastPath = at * Math.sin(at);
    findings.control(close, "the last path overwrites", Math.abs(lastPath / right - 1));
    Criterion twice = Criterion.exactly("gradient after two calls over that after one", 2);
    findings.shows(twice, "called twice", second / first);
    findings.control(twice, "set to zero between", afterZero / first);
  }

  private static void doublings(Findings findings) {
    Criterion budget = Criterion.below("visits of 21 nodes", 10 * (DOUBLINGS + 1));
    Criterion right = Criterion.exactly("gradient of 20 doublings", 1 << DOUBLINGS);
    List<Point> once = new ArrayList<>();
    List<Point> again = new ArrayList<>();
    for (int k = 1; k <= DOUBLINGS; k++) {
      Leaf leaf = new Leaf("v", new double[] {1}, 1);
      Tape tape = new Tape();
      Variable v = tape.variable(leaf);
      Node node = Node.leaf();
      for (int i = 0; i < k; i++) {
        v = Primitives.add(v, v);
        node = new Node(List.of(node, node), List.of(1.0, 1.0));
      }
      tape.reverse(v);
      if (k <= SHOWN) {
        once.add(Point.of(k, tape.visits()));
        again.add(Point.of(k, visits(node)));
      }
      if (k == DOUBLINGS) {
        int recursive = visits(node);
        findings.number("visits in topological order", tape.visits());
        findings.number("visits by recursion", recursive);
        findings.shows(budget, "in topological order", tape.visits());
        findings.control(budget, "recursion from every consumer", recursive);
        findings.shows(right, "contributions added", leaf.gradient()[0]);
        findings.control(right, "contributions overwrite", overwritten(node));
      }
    }
    findings.picture(
        new Chart.Plot(
            "Visits of a chain of doublings",
            Axis.linear("doublings"),
            Axis.log("visits"),
            List.of(
                Series.line("topological order", once),
                Series.line("recursion from every consumer", again))));
  }

  /** Hands on at once whatever arrives. */
  private static int visits(Node node) {
    return 1 + node.inputs().stream().mapToInt(BackwardCall::visits).sum();
  }

  /** What reaches the end of a chain when the last contribution replaces those before. */
  private static double overwritten(Node last) {
    double gradient = 1;
    for (Node node = last; !node.inputs().isEmpty(); node = node.inputs().getLast()) {
      gradient *= node.slopes().getLast();
    }
    return gradient;
  }

  @Override
  public List<Item> items(Draws draws) {
    return List.of(
        Calculation.draw(
            draws,
            d -> {
              int k = d.between(5, 12);
              return Calculation.of(
                      "v ← v + v, %d times, then backward. Gradient of the last v in the first?"
                          .formatted(k),
                      1 << k,
                      Closeness.EXACT)
                  .slip(2 * k, "the factors of a chain multiply")
                  .slip(k, "both inputs of a sum are paths, and a chain multiplies")
                  .slip(2, "that is one step");
            }),
        Choice.of(
            "A node feeds three others. When may the backward walk hand its gradient on?",
            "after all three have added their part",
            new Wrong("as soon as the first part arrives", "then it has to be walked again twice"),
            new Wrong("after the largest of the three parts", "sizes play no part, sums do"),
            new Wrong("before any of the three is visited", "its own gradient is not known yet")));
  }
}
