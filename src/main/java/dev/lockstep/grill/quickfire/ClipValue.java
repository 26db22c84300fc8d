package dev.lockstep.grill.quickfire;

import dev.lockstep.grill.evidence.Criterion;
import dev.lockstep.grill.evidence.Draws;
import dev.lockstep.grill.evidence.Findings;
import dev.lockstep.grill.evidence.Numeral;
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
import dev.lockstep.profile.page.Axis;
import dev.lockstep.profile.page.Chart;
import dev.lockstep.reference.ActivationFormula;
import dev.lockstep.reference.ClipFormula;
import dev.lockstep.reference.Descent;
import dev.lockstep.reference.Leaf;
import dev.lockstep.reference.Primitives;
import dev.lockstep.reference.RecurrentFormula;
import dev.lockstep.reference.RecurrentFormula.Cell;
import dev.lockstep.reference.RecurrentFormula.State;
import dev.lockstep.reference.RecurrentFormula.Weights;
import dev.lockstep.reference.SquaredErrorFormula;
import dev.lockstep.reference.Tape;
import dev.lockstep.reference.Variable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Which bound to clip gradients at, and what the number means. */
public final class ClipValue implements Lab {
  private static final Question QUESTION =
      Question.number(60, "clip-value", Topic.QUICK_FIRE)
          .asks("At which norm are gradients usually clipped?")
          .formula("factor min(1, c / ‖g‖)", "\\min\\left(1, \\frac{c}{\\lVert g \\rVert}\\right)")
          .answer("At 1.0.")
          .but(
              "That is a convention: the number means something beside the usual norm of the"
                  + " gradients alone. Scale the loss, and a bound that never acted acts always."
                  + " And Adam hardly cares, for it cancels constant factors.")
          .experiment(
              "A tanh RNN of 16 units whose matrix has radius 1.3, adding two marked numbers of 6;"
                  + " SGD 0.1 and Adam 0.005, 400 steps of 16, clipped at 0.01 to 10 and not at"
                  + " all, Adam at 0.01, 1 and not at all; and the loss times 100.")
          .longForm("24 units, two marked numbers of 12, 500 steps of 32.")
          .points(
              "1.0 by convention, over all parameters",
              "what matters is the ratio to the usual norm")
          .kernels("clip_grad_norm_above_2.0_6t")
          .expects(Verdict.CORRECTED);

  /** Of the network, its sequences and its batches, and how many of these. */
  private record Size(int units, int length, int batch, int steps) {
    static final Size USUAL = new Size(16, 6, 16, 400);
    static final Size LONG = new Size(24, 12, 32, 500);
  }

  private static final double NEVER = Double.POSITIVE_INFINITY;
  private static final double[] BOUNDS = {0.01, 0.1, 1, 10, NEVER};

  /** The mean loss of the last quarter, and the share of steps that were clipped. */
  private record Run(double loss, double clipped) {}

  @Override
  public Question question() {
    return QUESTION;
  }

  @Override
  public Findings run(Trial trial) {
    Findings findings = new Findings();
    Size size = trial.longForm() ? Size.LONG : Size.USUAL;
    List<Draws> repeats = trial.repeats(3);
    double[] sgd = new double[BOUNDS.length];
    List<Spread> clipped = new ArrayList<>();
    List<List<Run>> sgdRuns = new ArrayList<>();
    for (int i = 0; i < BOUNDS.length; i++) {
      double bound = BOUNDS[i];
      List<Run> runs = repeats.stream().map(d -> learn(size, d, false, bound, 1)).toList();
      Spread loss = Spread.over(runs, Run::loss);
      sgdRuns.add(runs);
      clipped.add(Spread.over(runs, Run::clipped));
      findings.number("loss, SGD, clipped at " + Numeral.text(bound), loss);
      sgd[i] = loss.median();
    }
    Criterion slow = Criterion.above("loss against that of clipping at 1", 2);
    findings.shows(slow, "SGD, clipped at 0.01", sgd[0] / sgd[2]);
    List<List<Run>> adamRuns = new ArrayList<>();
    double[] adam = new double[3];
    double[] ofAdam = {0.01, 1, NEVER};
    for (int i = 0; i < ofAdam.length; i++) {
      double bound = ofAdam[i];
      List<Run> runs = repeats.stream().map(d -> learn(size, d, true, bound, 1)).toList();
      adamRuns.add(runs);
      Spread loss = Spread.over(runs, Run::loss);
      findings.number("loss, Adam, clipped at " + Numeral.text(bound), loss);
      adam[i] = loss.median();
    }
    findings.control(slow, "Adam, clipped at 0.01", adam[0] / adam[1]);
    Criterion indifferent =
        Criterion.below("losses over 0.01, 1 and no bound, largest over least", 1.3);
    findings.corrects(indifferent, "Adam", apart(adamRuns).median());
    List<List<Run>> sameBounds = List.of(sgdRuns.get(0), sgdRuns.get(2), sgdRuns.getLast());
    findings.control(indifferent, "SGD", apart(sameBounds).median());

    Spread rare = clipped.get(3);
    Spread always = Spread.over(repeats, d -> learn(size, d, false, 10, 100).clipped());
    findings.number("share of steps clipped at 10", rare);
    findings.number("share of steps clipped at 10, loss times 100", always);
    findings.number("share of steps clipped at 1", clipped.get(2));
    Criterion acts = Criterion.above("share of steps clipped at 10", 0.9);
    findings.corrects(acts, "loss times 100", always.median());
    findings.control(acts, "loss as it is", rare.median());
    double[] finite = Arrays.copyOf(BOUNDS, BOUNDS.length - 1);
    findings.picture(
        new Chart.Plot(
            "What the bound does",
            Axis.log("bound"),
            Axis.linear("loss of the last quarter, median of 3"),
            List.of(
                Figures.line("SGD", finite, Arrays.copyOf(sgd, finite.length)),
                Figures.level("SGD, not clipped", 0.01, 10, sgd[BOUNDS.length - 1]),
                Figures.line("Adam", new double[] {0.01, 1}, Arrays.copyOf(adam, 2)))));
    return findings;
  }

  /** The largest loss over all bounds against the least, in each repeat. */
  private static Spread apart(List<List<Run>> byBound) {
    List<Double> ratios = new ArrayList<>();
    for (int repeat = 0; repeat < byBound.getFirst().size(); repeat++) {
      int at = repeat;
      double[] losses = byBound.stream().mapToDouble(runs -> runs.get(at).loss()).toArray();
      ratios.add(
          Arrays.stream(losses).max().orElseThrow() / Arrays.stream(losses).min().orElseThrow());
    }
    return new Spread(ratios);
  }

  private static Run learn(Size size, Draws draws, boolean adam, double bound, double scale) {
    Draws own = draws.child("network");
    Leaf input = new Leaf("input", Init.gain(1).draw(own, 2, size.units()), size.units(), 2);
    Leaf hidden =
        new Leaf(
            "hidden",
            Init.gain(1.3).draw(own, size.units(), size.units()),
            size.units(),
            size.units());
    Leaf bias = new Leaf("bias", new double[size.units()], size.units());
    Dense out = Dense.draw(own, Init.lecun(), size.units(), 1);
    List<Leaf> leaves = new ArrayList<>(List.of(input, hidden, bias));
    leaves.addAll(out.leaves());
    // The rate takes the loss's scale back, so that the path is the same but for the clipping.
    Descent descent = adam ? Descent.adam(0.005) : Descent.sgd(0.1 / scale);
    Draws batches = draws.child("batches");
    double sum = 0;
    int clipped = 0;
    for (int step = 0; step < size.steps(); step++) {
      double loss =
          Training.gradient(
              leaves,
              (tape, at) -> {
                Cell cell =
                    RecurrentFormula.rnn(
                        new Weights(
                            tape.variable(input), tape.variable(hidden), tape.variable(bias), null),
                        ActivationFormula.TANH);
                return Primitives.scale(adding(size, tape, batches, cell, out), scale);
              },
              step);
      double norm = ClipFormula.norm(leaves.stream().map(Leaf::gradient).toList());
      double factor = ClipFormula.factor(norm, bound);
      clipped += norm > bound ? 1 : 0;
      for (Leaf leaf : leaves) {
        Arrays.setAll(leaf.gradient(), i -> leaf.gradient()[i] * factor);
      }
      descent.step(leaves);
      sum += step >= size.steps() * 3 / 4 ? loss / scale : 0;
    }
    return new Run(sum / (size.steps() / 4), clipped / (double) size.steps());
  }

  /** The squared error of the sum of the two marked numbers of each sequence. */
  private static Variable adding(Size size, Tape tape, Draws draws, Cell cell, Dense out) {
    double[] numbers = draws.normals(size.batch() * size.length(), 1);
    boolean[] marks = new boolean[size.batch() * size.length()];
    double[] targets = new double[size.batch()];
    for (int b = 0; b < size.batch(); b++) {
      int early = draws.below(size.length() / 2);
      int late = size.length() / 2 + draws.below(size.length() / 2);
      for (int t : new int[] {early, late}) {
        marks[b * size.length() + t] = true;
        targets[b] += numbers[b * size.length() + t];
      }
    }
    State state =
        State.of(
            tape.constant(new double[size.batch() * size.units()], size.batch(), size.units()));
    for (int t = 0; t < size.length(); t++) {
      double[] x = new double[size.batch() * 2];
      for (int b = 0; b < size.batch(); b++) {
        x[2 * b] = numbers[b * size.length() + t];
        x[2 * b + 1] = marks[b * size.length() + t] ? 1 : 0;
      }
      state = cell.step(tape.constant(x, size.batch(), 2), state);
    }
    return Primitives.mean(
        SquaredErrorFormula.elements(
            out.apply(state.h()), tape.constant(targets, size.batch(), 1)));
  }

  @Override
  public List<Item> items(Draws draws) {
    return List.of(
        Calculation.draw(
            draws,
            d -> {
              double norm = d.between(3, 20);
              double bound = d.between(1, 2);
              return Calculation.of(
                      "The norm of all gradients is %.0f, the bound %.0f: by which factor are they scaled?"
                          .formatted(norm, bound),
                      bound / norm,
                      Closeness.NEAR)
                  .slip(bound / (norm * norm), "the norm itself, not its square")
                  .slip(1 - bound / norm, "that is what is taken off")
                  .slip(1, "that would be so below the bound alone");
            }));
  }
}
