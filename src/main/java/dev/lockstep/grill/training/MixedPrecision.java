package dev.lockstep.grill.training;

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
import dev.lockstep.grill.toy.Init;
import dev.lockstep.grill.toy.Mlp;
import dev.lockstep.grill.toy.Training;
import dev.lockstep.numeric.DType;
import dev.lockstep.profile.page.Axis;
import dev.lockstep.profile.page.Chart;
import dev.lockstep.profile.page.Series;
import dev.lockstep.reference.ActivationFormula;
import dev.lockstep.reference.Leaf;
import dev.lockstep.reference.Primitives;
import dev.lockstep.reference.SquaredErrorFormula;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** What 16-bit formats lose, and why a master copy of the weights stays in fp32. */
public final class MixedPrecision implements Lab {
  private static final Question QUESTION =
      Question.number(39, "mixed-precision", Topic.TRAINING)
          .asks("What is mixed-precision training, and what do bf16 and fp16 trade?")
          .formula(
              "bf16: 8 exponent + 7 fraction bits, to 3.4e38;  fp16: 5 + 10 bits, 6e-8 … 65504",
              "\\text{bf16}: 2^{\\pm 127},\\ \\varepsilon = 2^{-8} \\qquad"
                  + " \\text{fp16}: 2^{-24} \\ldots 65504,\\ \\varepsilon = 2^{-11}")
          .answer(
              "Products run in 16 bits, weights and optimizer state stay in fp32: faster, half the"
                  + " memory; bf16 needs no loss scaling because it has the range of fp32.")
          .but(
              "bf16 is the safer format in range and the coarser one by a factor of 8; the memory"
                  + " saved is that of activations, for a parameter with Adam stays at 16 bytes;"
                  + " and the fp32 copy is there because small updates vanish in rounding.")
          .experiment(
              "1000 additions of 0.001 to 1; 20,000 gradients around 1e-7 in both formats; 4-32-1"
                  + " with tanh and SGD 0.01, 1500 steps, in fp32, in bf16 with an fp32 copy, and"
                  + " in bf16 alone.")
          .points(
              "16 bits for products, fp32 for the copy of the weights and the optimizer",
              "fp16 needs loss scaling, bf16 does not",
              "bf16 rounds 8 times as coarsely as fp16",
              "small updates to a bf16 weight are rounded away")
          .kernels("cast_to_bf16_every_kind", "cast_to_f16_every_kind")
          .expects(Verdict.CORRECTED);

  private static final int ADDITIONS = 1000;
  private static final int GRADIENTS = 20_000;
  private static final double SCALE = 65_536;
  private static final int POINTS = 32;
  private static final int STEPS = 1500;
  private static final double RATE = 0.01;

  @Override
  public Question question() {
    return QUESTION;
  }

  @Override
  public Findings run(Trial trial) {
    Findings findings = new Findings();
    additions(findings);
    gradients(findings, trial.draws().child("gradients"));
    bytes(findings);
    training(findings, trial);
    return findings;
  }

  private static void additions(Findings findings) {
    Criterion sum = Criterion.between("1 + 1000 times 0.001", 1.999, 2.001);
    findings.shows(sum, "fp32", added(DType.F32));
    findings.control(sum, "bf16", added(DType.BF16));
    for (DType type : List.of(DType.F32, DType.F16, DType.BF16)) {
      findings.number("1 + 1000 times 0.001 in " + type.suffix(), added(type));
    }
  }

  private static double added(DType type) {
    double sum = 1;
    for (int i = 0; i < ADDITIONS; i++) {
      sum = type.round(sum + 1e-3);
    }
    return sum;
  }

  private static void gradients(Findings findings, Draws draws) {
    double[] gradients = new double[GRADIENTS];
    Arrays.setAll(gradients, i -> Math.pow(10, -7 + 1.2 * draws.normal()));
    double inF16 = lost(gradients, 1, DType.F16);
    double inBf16 = lost(gradients, 1, DType.BF16);
    double scaled = lost(gradients, SCALE, DType.F16);
    findings.number("gradients lost in fp16", inF16);
    findings.number("gradients lost in bf16", inBf16);
    findings.number("gradients lost in fp16, scaled by 65536", scaled);
    Criterion loses = Criterion.above("share of gradients that become 0", 0.2);
    Criterion keeps = Criterion.below("share of gradients that become 0", 1e-3);
    findings.shows(loses, "fp16", inF16);
    findings.control(loses, "bf16", inBf16);
    findings.shows(keeps, "fp16, scaled", scaled);
    findings.shows(keeps, "bf16", inBf16);
    findings.control(keeps, "fp16, unscaled", inF16);

    double[] ordinary = draws.uniforms(GRADIENTS, 1, 2);
    double coarse = error(ordinary, DType.BF16) / error(ordinary, DType.F16);
    Criterion coarser = Criterion.between("rounding error against that of fp16", 7.5, 8.5);
    findings.number("rounding error, bf16 / fp16", coarse);
    findings.corrects(coarser, "bf16", coarse);
    findings.control(coarser, "fp32", error(ordinary, DType.F32) / error(ordinary, DType.F16));

    double[] sorted = gradients.clone();
    Arrays.sort(sorted);
    List<Series.Point> shares = new ArrayList<>();
    for (int i = 0; i < GRADIENTS; i += GRADIENTS / 200) {
      shares.add(Series.Point.of(sorted[i], i / (double) GRADIENTS));
    }
    double half = 0x1p-25;
    findings.picture(
        new Chart.Plot(
            "Gradients, and below what fp16 makes them 0",
            Axis.log("gradient"),
            Axis.linear("share that is smaller"),
            List.of(
                Series.line("gradients", shares),
                new Series(
                    "half the smallest fp16 number",
                    Series.Style.BOUND,
                    List.of(Series.Point.of(half, 0), Series.Point.of(half, 1))))));
  }

  private static double lost(double[] gradients, double scale, DType type) {
    return Arrays.stream(gradients).filter(g -> type.round(g * scale) == 0).count()
        / (double) gradients.length;
  }

  /** Root mean square of the relative rounding error. */
  private static double error(double[] values, DType type) {
    return Math.sqrt(
        Arrays.stream(values)
            .map(v -> (type.round(v) - v) / v)
            .map(e -> e * e)
            .average()
            .orElseThrow());
  }

  private static void bytes(Findings findings) {
    int full = 4 * DType.F32.byteSize();
    int mixed = 2 * DType.BF16.byteSize() + 3 * DType.F32.byteSize();
    findings.note(
        ("Bytes a parameter with Adam, by counting: %d in fp32; mixed %d, weights and gradients of"
                + " 2, the copy and two means of 4. Activations are halved.")
            .formatted(full, mixed));
  }

  private static void training(Findings findings, Trial trial) {
    List<Double> master = new ArrayList<>();
    List<Double> pure = new ArrayList<>();
    List<Series> curves = new ArrayList<>();
    for (Draws draws : trial.repeats(3)) {
      double[] full = train(draws, DType.F32, DType.F32);
      double[] mixed = train(draws, DType.BF16, DType.F32);
      double[] alone = train(draws, DType.BF16, DType.BF16);
      master.add(mixed[STEPS - 1] / full[STEPS - 1]);
      pure.add(alone[STEPS - 1] / full[STEPS - 1]);
      if (curves.isEmpty()) {
        curves.add(Series.steps("fp32", full));
        curves.add(Series.steps("bf16 with an fp32 copy", mixed));
        curves.add(Series.steps("bf16 alone", alone));
      }
    }
    Criterion same = Criterion.between("final loss against fp32", 0.95, 1.05);
    findings.number("loss against fp32, bf16 with an fp32 copy", new Spread(master));
    findings.number("loss against fp32, bf16 alone", new Spread(pure));
    findings.shows(same, "bf16 with an fp32 copy", new Spread(master).median());
    findings.control(same, "bf16 alone", new Spread(pure).median());
    findings.picture(
        new Chart.Plot(
            "Learning with rounded weights",
            Axis.linear("step"),
            Axis.log("squared error"),
            curves));
  }

  /** The losses of a run whose products see weights and gradients in one type, kept in another. */
  private static double[] train(Draws draws, DType seen, DType kept) {
    Mlp network = Mlp.draw(draws.child("network"), Init.xavier(), ActivationFormula.TANH, 4, 32, 1);
    double[] inputs = draws.child("inputs").normals(POINTS * 4, 1);
    double[] targets = new double[POINTS];
    Arrays.setAll(targets, p -> Math.sin(2 * inputs[4 * p]) + 0.5 * inputs[4 * p + 1]);
    List<Leaf> leaves = network.leaves();
    List<double[]> copies = new ArrayList<>();
    for (Leaf leaf : leaves) {
      copies.add(Arrays.stream(leaf.values()).map(kept::round).toArray());
    }
    double[] losses = new double[STEPS];
    for (int step = 0; step < STEPS; step++) {
      for (int i = 0; i < leaves.size(); i++) {
        double[] copy = copies.get(i);
        leaves.get(i).update(values -> Arrays.setAll(values, j -> seen.round(copy[j])));
      }
      losses[step] =
          Training.gradient(
              leaves,
              (tape, now) ->
                  Primitives.mean(
                      SquaredErrorFormula.elements(
                          network.apply(tape.constant(inputs, POINTS, 4)),
                          tape.constant(targets, POINTS, 1))),
              step);
      for (int i = 0; i < leaves.size(); i++) {
        double[] copy = copies.get(i);
        double[] gradient = leaves.get(i).gradient();
        Arrays.setAll(copy, j -> kept.round(copy[j] - RATE * seen.round(gradient[j])));
      }
    }
    return losses;
  }

  @Override
  public List<Item> items(Draws draws) {
    double small = draws.between(20, 38) / 10_000.0;
    double spacing = 2 * DType.BF16.unitRoundoff();
    return List.of(
        Calculation.draw(
            draws,
            d -> {
              int exponent = d.between(1, 12);
              double at = Math.scalb(1.0, exponent);
              return Calculation.of(
                      "How far is the next larger bf16 number from %d?".formatted((int) at),
                      at * spacing,
                      Closeness.NEAR)
                  .slip(at * 2 * DType.F16.unitRoundoff(), "fp16 has 10 fraction bits, bf16 has 7")
                  .slip(spacing, "spacing grows with the number")
                  .slip(at * DType.BF16.unitRoundoff(), "that is half of it, the rounding error");
            }),
        Choice.of(
            "What is 1 + %s in bf16?".formatted(small),
            String.valueOf(DType.BF16.round(1 + small)),
            new Wrong(String.valueOf(1 + small), "it is rounded: the next bf16 after 1 is 1.0078"),
            new Wrong(String.valueOf(1 + spacing), "less than half way there, so it rounds down"),
            new Wrong(
                "%.6f".formatted(DType.F16.round(1 + small)), "that is fp16, eight times finer")));
  }
}
