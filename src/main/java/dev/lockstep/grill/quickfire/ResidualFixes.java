package dev.lockstep.grill.quickfire;

import dev.lockstep.grill.evidence.Criterion;
import dev.lockstep.grill.evidence.Draws;
import dev.lockstep.grill.evidence.Findings;
import dev.lockstep.grill.evidence.Spread;
import dev.lockstep.grill.evidence.Verdict;
import dev.lockstep.grill.item.Choice;
import dev.lockstep.grill.item.Choice.Wrong;
import dev.lockstep.grill.item.Item;
import dev.lockstep.grill.lab.Lab;
import dev.lockstep.grill.lab.Question;
import dev.lockstep.grill.lab.Topic;
import dev.lockstep.grill.lab.Trial;
import dev.lockstep.grill.toy.Dense;
import dev.lockstep.grill.toy.Figures;
import dev.lockstep.grill.toy.Init;
import dev.lockstep.grill.toy.Signal;
import dev.lockstep.grill.toy.Spirals;
import dev.lockstep.grill.toy.Training;
import dev.lockstep.profile.page.Axis;
import dev.lockstep.profile.page.Chart;
import dev.lockstep.reference.ActivationFormula;
import dev.lockstep.reference.Descent;
import dev.lockstep.reference.Leaf;
import dev.lockstep.reference.Primitives;
import dev.lockstep.reference.Tape;
import dev.lockstep.reference.Variable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** What residual connections fix: bad initialisation, and gradients that look like noise. */
public final class ResidualFixes implements Lab {
  private static final Question QUESTION =
      Question.number(57, "residual-fixes", Topic.QUICK_FIRE)
          .asks("What do residual connections fix?")
          .formula("∂y/∂x = I + F′(x)", "\\frac{\\partial y}{\\partial x} = I + F'(x)")
          .answer("Vanishing gradients, so that deep networks can be trained.")
          .but(
              "With He's initialisation a plain network of that depth has gradients of the right"
                  + " size and trains as well. Residual connections rescue bad initialisations, and"
                  + " keep gradients alike at inputs that are alike: plain ones shatter (Balduzzi"
                  + " et al. 2017).")
          .experiment(
              "The gradient of a 50-layer network along its one input: correlation 4 places of 128"
                  + " apart; 20 layers of width 16 on two spirals, plain and residual, with He's"
                  + " initialisation or PyTorch's default.")
          .points(
              "a path of derivative I around every block",
              "they make deep networks trainable with almost any initialisation",
              "gradients stay correlated between inputs nearby")
          .expects(Verdict.CORRECTED);

  private static final int DEPTH = 50;
  private static final int WIDTH = 32;
  private static final int PLACES = 128;
  private static final int LAG = 4;
  private static final int LAYERS = 20;
  private static final int NARROW = 16;
  private static final int POINTS = 64;
  private static final int STEPS = 100;

  @Override
  public Question question() {
    return QUESTION;
  }

  @Override
  public Findings run(Trial trial) {
    Findings findings = new Findings();
    List<Draws> repeats = trial.repeats(9);
    Spread smooth = Spread.over(repeats, d -> correlation(along(d, true)));
    Spread shattered = Spread.over(repeats, d -> correlation(along(d, false)));
    findings.number("correlation of gradients, residual", smooth);
    findings.number("correlation of gradients, plain", shattered);
    Criterion alike = Criterion.above("correlation of gradients 4 places apart", 0.88);
    findings.corrects(alike, "residual", smooth.median());
    findings.control(alike, "plain, He", shattered.median());

    List<Draws> few = trial.repeats(3);
    Spread he = Spread.over(few, d -> end(learn(d, Init.he(), false)));
    Spread plain = Spread.over(few, d -> end(learn(d, Init.pytorch(), false)));
    Spread residual = Spread.over(few, d -> end(learn(d, Init.pytorch(), true)));
    findings.number("loss at the end, plain, He", he);
    findings.number("loss at the end, plain, default", plain);
    findings.number("loss at the end, residual, default", residual);
    Criterion learns = Criterion.below("loss at the end", 0.4);
    findings.shows(learns, "residual, default", residual.median());
    findings.control(learns, "plain, default", plain.median());
    findings.corrects(learns, "plain, He", he.median());
    double[] x = new double[PLACES];
    Arrays.setAll(x, i -> place(i));
    Draws first = repeats.getFirst();
    findings.picture(
        new Chart.Plot(
            "Gradient along the input, 50 layers",
            Axis.linear("x"),
            Axis.linear("∂f/∂x over its root mean square"),
            List.of(
                Figures.line("residual", x, scaled(along(first, true))),
                Figures.line("plain, He", x, scaled(along(first, false))))));
    return findings;
  }

  private static double place(int i) {
    return -2 + 4.0 * i / PLACES;
  }

  /** ∂f/∂x at places from −2 to 2, f a random network from one number to one. */
  private static double[] along(Draws draws, boolean residual) {
    double[] x = new double[PLACES];
    Arrays.setAll(x, i -> place(i));
    Variable input = new Tape().variable(x, PLACES, 1);
    Draws own = draws.child("shatter");
    Dense in = Dense.draw(own, Init.normal(1), 1, WIDTH);
    Arrays.setAll(in.bias().values(), i -> own.normal());
    Variable h = in.apply(input);
    // Branches as small as makes the sum of all as large as the stream.
    Init init = residual ? Init.gain(Math.sqrt(2.0 / DEPTH)) : Init.he();
    for (int l = 0; l < DEPTH; l++) {
      Variable branch =
          ActivationFormula.RELU.apply(Signal.linear(own, init, WIDTH, WIDTH).apply(h));
      h = residual ? Primitives.add(h, branch) : branch;
    }
    Variable y = Signal.linear(own, Init.lecun(), WIDTH, 1).apply(h);
    y.tape().reverse(Primitives.sum(y));
    return input.gradient();
  }

  /** Of the gradients with those 4 places on, their mean taken off. */
  private static double correlation(double[] g) {
    double mean = Arrays.stream(g).average().orElseThrow();
    double square = 0;
    double product = 0;
    for (int i = 0; i < g.length; i++) {
      square += (g[i] - mean) * (g[i] - mean) / g.length;
      if (i + LAG < g.length) {
        product += (g[i] - mean) * (g[i + LAG] - mean) / (g.length - LAG);
      }
    }
    return product / square;
  }

  private static double[] scaled(double[] g) {
    double size = Math.sqrt(Arrays.stream(g).map(v -> v * v).average().orElseThrow());
    return Arrays.stream(g).map(v -> v / size).toArray();
  }

  private static double end(double[] losses) {
    return Training.end(losses, 10);
  }

  private static double[] learn(Draws draws, Init init, boolean residual) {
    Draws own = draws.child("network");
    Dense in = Dense.draw(own, init, 2, NARROW);
    Dense out = Dense.draw(own, init, NARROW, 2);
    List<Dense> layers = new ArrayList<>();
    List<Leaf> leaves = new ArrayList<>(in.leaves());
    for (int l = 0; l < LAYERS; l++) {
      Dense layer = Dense.draw(own, init, NARROW, NARROW);
      layers.add(layer);
      leaves.addAll(layer.leaves());
    }
    leaves.addAll(out.leaves());
    Spirals spirals = Spirals.draw(draws.child("spirals"), POINTS, 0.75, 0.02);
    return Training.run(
        Descent.adam(0.005),
        leaves,
        STEPS,
        (tape, step) -> {
          Variable h = in.apply(spirals.inputs(tape));
          for (Dense layer : layers) {
            Variable branch = ActivationFormula.RELU.apply(layer.apply(h));
            h = residual ? Primitives.add(h, branch) : branch;
          }
          return spirals.loss(out.apply(h));
        });
  }

  @Override
  public List<Item> items(Draws draws) {
    return List.of(
        Choice.of(
            "A plain 40-layer He network has gradients of equal size. What do skips mainly add?",
            "smoother gradients",
            new Wrong("larger gradients", "their size is right already"),
            new Wrong("more parameters", "a skip has none"),
            new Wrong("sparser activations", "that is the ReLU's doing")));
  }
}
