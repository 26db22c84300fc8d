package dev.lockstep.grill.gradients;

import dev.lockstep.grill.evidence.Criterion;
import dev.lockstep.grill.evidence.Draws;
import dev.lockstep.grill.evidence.Findings;
import dev.lockstep.grill.evidence.Spread;
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
import dev.lockstep.grill.toy.Figures;
import dev.lockstep.grill.toy.Init;
import dev.lockstep.grill.toy.Norms;
import dev.lockstep.grill.toy.Signal;
import dev.lockstep.profile.page.Axis;
import dev.lockstep.profile.page.Chart;
import dev.lockstep.reference.ActivationFormula;
import dev.lockstep.reference.Primitives;
import dev.lockstep.reference.Variable;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/** Which of the usual remedies rescues a deep sigmoid network alone. */
public final class VanishingFixes implements Lab {
  private static final Question QUESTION =
      Question.number(31, "vanishing-fixes", Topic.GRADIENTS)
          .asks("What helps against vanishing gradients?")
          .formula(
              "log₁₀ |∂L/∂h₀| / |∂L/∂h_L| = Σ log₁₀ (gain of each layer)",
              "\\log_{10} \\frac{\\lVert \\partial L / \\partial h_0 \\rVert}{\\lVert \\partial L /"
                  + " \\partial h_L \\rVert} = \\sum_l \\log_{10} \\text{gain}_l")
          .answer(
              "ReLU instead of sigmoid, a better initialisation, normalisation, residual"
                  + " connections, and gates.")
          .but(
              "They are no five remedies each for itself. On a sigmoid network residuals or gates"
                  + " alone suffice; He's initialisation does not, nor layer norm between matrix"
                  + " and sigmoid, though before the matrix it does; and ReLU needs weights of its"
                  + " own.")
          .experiment(
              "30 sigmoid layers of width 64 with Xavier's initialisation; one thing changed at a"
                  + " time: powers of ten the gradient loses.")
          .points(
              "activations whose derivative is near 1",
              "an initialisation that fits the activation",
              "residual connections or gates, which add a path of gain 1",
              "normalisation helps only where its gain makes up for the derivative")
          .expects(Verdict.CORRECTED);

  private static final int DEPTH = 30;
  private static final int WIDTH = 64;
  private static final int BATCH = 16;
  private static final double OPEN = 3;

  private record Arm(String name, Signal.LayerDraw layers) {}

  private static final List<Arm> RESCUES =
      List.of(
          new Arm("ReLU with He", plain(Init.he(), ActivationFormula.RELU)),
          new Arm("tanh", plain(Init.xavier(), ActivationFormula.TANH)),
          new Arm("residual", VanishingFixes::residual),
          new Arm("gate", VanishingFixes::gate),
          new Arm("layer norm before the matrix", VanishingFixes::normalizedInput));

  private static final List<Arm> FAILURES =
      List.of(
          new Arm("He on sigmoid", plain(Init.he(), ActivationFormula.SIGMOID)),
          new Arm("layer norm before the sigmoid", VanishingFixes::normalized));

  @Override
  public Question question() {
    return QUESTION;
  }

  @Override
  public Findings run(Trial trial) {
    Findings findings = new Findings();
    List<Draws> repeats = trial.repeats(3);
    Criterion rescued = Criterion.above("powers of ten", -2);
    Criterion lost = Criterion.below("powers of ten", -8);
    List<String> names = new ArrayList<>();
    List<Double> medians = new ArrayList<>();
    double base =
        measure(
            findings,
            repeats,
            new Arm("sigmoid", plain(Init.xavier(), ActivationFormula.SIGMOID)),
            names,
            medians);
    findings.control(rescued, "sigmoid", base);
    for (Arm arm : RESCUES) {
      double growth = measure(findings, repeats, arm, names, medians);
      findings.shows(rescued, arm.name(), growth);
      findings.control(lost, arm.name(), growth);
    }
    for (Arm arm : FAILURES) {
      double growth = measure(findings, repeats, arm, names, medians);
      findings.corrects(lost, arm.name(), growth);
      findings.control(rescued, arm.name(), growth);
    }
    Arm small = new Arm("ReLU, weights of 0.02", plain(Init.normal(0.02), ActivationFormula.RELU));
    double tiny = measure(findings, repeats, small, names, medians);
    findings.corrects(lost, small.name(), tiny);
    findings.picture(
        new Chart.Plot(
            "One thing changed",
            Axis.linear("arm"),
            Axis.linear("powers of ten from the last layer to the first"),
            List.of(
                Figures.labelled(
                    "30 layers", names, medians.stream().mapToDouble(m -> m).toArray()))));
    return findings;
  }

  private static double measure(
      Findings findings, List<Draws> repeats, Arm arm, List<String> names, List<Double> medians) {
    Spread growth =
        Spread.over(
            repeats,
            draws ->
                Signal.through(draws.child("layers"), arm.layers(), DEPTH, WIDTH, BATCH)
                    .gradientGrowth(draws.child("upstream")));
    findings.number("powers of ten, " + arm.name(), growth);
    names.add(arm.name());
    medians.add(growth.median());
    return growth.median();
  }

  private static Signal.LayerDraw plain(Init init, ActivationFormula activation) {
    return (draws, index) -> {
      UnaryOperator<Variable> linear = Signal.linear(draws, init, WIDTH, WIDTH);
      return h -> activation.apply(linear.apply(h));
    };
  }

  private static UnaryOperator<Variable> residual(Draws draws, int index) {
    UnaryOperator<Variable> layer =
        plain(Init.xavier(), ActivationFormula.SIGMOID).draw(draws, index);
    return h -> Primitives.add(h, layer.apply(h));
  }

  private static UnaryOperator<Variable> normalized(Draws draws, int index) {
    UnaryOperator<Variable> linear = Signal.linear(draws, Init.xavier(), WIDTH, WIDTH);
    return h -> ActivationFormula.SIGMOID.apply(Norms.layer(linear.apply(h)));
  }

  /** It divides by the small deviation of sigmoid outputs, which is a gain of about 5. */
  private static UnaryOperator<Variable> normalizedInput(Draws draws, int index) {
    UnaryOperator<Variable> layer =
        plain(Init.xavier(), ActivationFormula.SIGMOID).draw(draws, index);
    return h -> layer.apply(Norms.layer(h));
  }

  /** {@code t h + (1 − t) σ(W h)} with a gate t of bias 3, as highway networks have it. */
  private static UnaryOperator<Variable> gate(Draws draws, int index) {
    UnaryOperator<Variable> layer =
        plain(Init.xavier(), ActivationFormula.SIGMOID).draw(draws, index);
    UnaryOperator<Variable> linear = Signal.linear(draws, Init.xavier(), WIDTH, WIDTH);
    return h -> {
      Variable open = ActivationFormula.SIGMOID.apply(Primitives.affine(linear.apply(h), 1, OPEN));
      return Primitives.add(
          Primitives.multiply(open, h),
          Primitives.multiply(Primitives.affine(open, -1, 1), layer.apply(h)));
    };
  }

  @Override
  public List<Item> items(Draws draws) {
    return List.of(
        Choice.of(
            "Which one change does not rescue the gradients of a 30-layer sigmoid network?",
            "He's initialisation",
            new Wrong("residual connections", "their path has gain 1, whatever the branch does"),
            new Wrong("gates of bias 3", "open gates let the gradient pass"),
            new Wrong("ReLU with He's weights", "its derivative is 0 or 1, and the gain fits")),
        Calculation.draw(
            draws,
            d -> {
              double each = d.between(2, 8) / 10.0;
              int layers = d.between(10, 40);
              return Calculation.of(
                      "Every layer multiplies gradients by %s. How many powers of ten in %d layers?"
                          .formatted(each, layers),
                      layers * Math.log10(each),
                      Closeness.NEAR)
                  .slip(layers * Math.log(each), "that is in powers of e")
                  .slip(-layers, "that would be a tenth in each layer")
                  .slip(Math.log10(each), "that is one layer");
            }));
  }
}
