package dev.lockstep.grill.training;

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
import dev.lockstep.grill.toy.FfnStack;
import dev.lockstep.grill.toy.FfnStack.Norm;
import dev.lockstep.grill.toy.Quadrants;
import dev.lockstep.grill.toy.Training;
import dev.lockstep.optim.LearningRateSchedule;
import dev.lockstep.optim.LearningRateSchedule.Decay;
import dev.lockstep.optim.LearningRateSchedule.End;
import dev.lockstep.optim.LearningRateSchedule.Warmup;
import dev.lockstep.profile.page.Axis;
import dev.lockstep.profile.page.Chart;
import dev.lockstep.profile.page.Series;
import dev.lockstep.reference.Descent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** What decay and warm-up of the learning rate are for. */
public final class RateSchedules implements Lab {
  private static final Question QUESTION =
      Question.number(40, "lr-schedule", Topic.TRAINING)
          .asks("Why warm the learning rate up and let it decay, and down to what?")
          .formula(
              "t / W up to W, then f + (1 − f)(1 + cos πu) / 2, with f = 0.1 and u from 0 to 1",
              "\\frac{t}{W}, \\qquad f + (1 - f)\\,\\frac{1 + \\cos \\pi u}{2}")
          .answer(
              "Warm-up avoids wild first steps while Adam's means are still forming; cosine decay"
                  + " to 10% of the peak lets the weights settle.")
          .but(
              "Decay pays where gradients are noisy, for the floor is in proportion to the rate;"
                  + " 10% is habit, 0 ended lower here. Warm-up decides with post-LN and hardly"
                  + " matters with pre-LN.")
          .experiment(
              "A noisy quadratic of 20 dimensions, rate 0.5, 1000 steps, with five schedules; 8"
                  + " feed-forward blocks of width 16, 64 samples, full batches, Adam 0.05, 60"
                  + " steps, with a warm-up of 40 and without.")
          .longForm(
              "Blocks of width 32, 128 samples, Adam 0.03. There a warm-up helps pre-LN as well, if"
                  + " less than post-LN.")
          .points(
              "warm-up keeps the first steps small",
              "decay lowers the floor that noise sets",
              "how low it goes is a choice; 10% is habit")
          .expects(Verdict.CORRECTED);

  private static final double PEAK = 0.5;
  private static final double FLOOR = 0.1;
  private static final int STEPS = 1000;
  private static final int DIMENSIONS = 20;
  private static final int COPIES = 16;
  private static final int NET_STEPS = 60;
  private static final int WARMUP = 40;
  private static final int BLOCKS = 8;

  /**
   * Of the blocks and of what they learn.
   *
   * @param idle what a warm-up may change of the loss and be called no help
   */
  private record Size(int width, int samples, double rate, double idle) {
    static final Size USUAL = new Size(16, 64, 0.05, 0.3);
    static final Size LONG = new Size(32, 128, 0.03, 0.55);
  }

  @Override
  public Question question() {
    return QUESTION;
  }

  @Override
  public Findings run(Trial trial) {
    Findings findings = new Findings();
    decay(findings, trial.draws().child("quadratic"));
    warmup(findings, trial);
    return findings;
  }

  private static LearningRateSchedule schedule(double peak, double floor, Decay decay) {
    return new LearningRateSchedule(
        peak, 0, STEPS, floor, decay, Warmup.REACHES_PEAK, End.AFTER_LAST_STEP);
  }

  private static void decay(Findings findings, Draws draws) {
    double[] constant = descend(draws, schedule(PEAK, 1, Decay.CONSTANT));
    double[] tenth = descend(draws, schedule(PEAK, FLOOR, Decay.COSINE));
    double[] zero = descend(draws, schedule(PEAK, 0, Decay.COSINE));
    double[] linear = descend(draws, schedule(PEAK, 0, Decay.LINEAR));
    double[] low = descend(draws, schedule(PEAK * FLOOR, 1, Decay.CONSTANT));
    findings.number("loss at the end, constant", constant[STEPS - 1]);
    findings.number("loss at the end, cosine to 10%", tenth[STEPS - 1]);
    findings.number("loss at the end, cosine to 0", zero[STEPS - 1]);
    findings.number("loss at the end, linear to 0", linear[STEPS - 1]);
    findings.number("loss at the end, constant at 10%", low[STEPS - 1]);
    Criterion pays = Criterion.above("loss of a constant rate against this", 5);
    findings.shows(pays, "cosine to 10%", constant[STEPS - 1] / tenth[STEPS - 1]);
    Criterion lower = Criterion.below("loss against cosine to 10%", 0.8);
    findings.corrects(lower, "cosine to 0", zero[STEPS - 1] / tenth[STEPS - 1]);
    findings.corrects(lower, "linear to 0", linear[STEPS - 1] / tenth[STEPS - 1]);
    findings.control(lower, "constant at 10%", low[STEPS - 1] / tenth[STEPS - 1]);
    // The average over the first fifth: a rate that is low from the start is late.
    double early = mean(low, STEPS / 5) / mean(tenth, STEPS / 5);
    findings.number("loss in the first 200 steps, constant at 10% against cosine", early);
    findings.control(
        pays,
        "cosine to 10%, the first 200 steps",
        mean(constant, STEPS / 5) / mean(tenth, STEPS / 5));
    findings.picture(
        new Chart.Plot(
            "A noisy quadratic",
            Axis.linear("step"),
            Axis.log("loss"),
            List.of(
                Series.steps("constant", constant),
                Series.steps("cosine to 10%", tenth),
                Series.steps("cosine to 0", zero),
                Series.steps("constant at 10%", low))));
  }

  private static double mean(double[] losses, int count) {
    return Arrays.stream(losses).limit(count).average().orElseThrow();
  }

  /** The mean loss ½ Σ l x² over copies, for curvatures l from 0.05 to 1. */
  private static double[] descend(Draws draws, LearningRateSchedule schedule) {
    Draws noise = draws.child("noise");
    double[] x = draws.child("start").normals(DIMENSIONS * COPIES, 1);
    double[] losses = new double[STEPS];
    for (int step = 0; step < STEPS; step++) {
      double rate = schedule.at(step);
      for (int i = 0; i < x.length; i++) {
        double curvature = (i % DIMENSIONS + 1.0) / DIMENSIONS;
        x[i] -= rate * (curvature * x[i] + 0.1 * noise.normal());
        losses[step] += 0.5 * curvature * x[i] * x[i] / COPIES;
      }
    }
    return losses;
  }

  private static void warmup(Findings findings, Trial trial) {
    Size size = trial.longForm() ? Size.LONG : Size.USUAL;
    List<Double> cold = new ArrayList<>();
    List<Double> warm = new ArrayList<>();
    List<Double> pre = new ArrayList<>();
    List<Double> preWarm = new ArrayList<>();
    List<Series> curves = new ArrayList<>();
    for (Draws draws : trial.repeats(5)) {
      double[] without = learn(size, draws, Norm.POST, 0);
      double[] with = learn(size, draws, Norm.POST, WARMUP);
      double[] other = learn(size, draws, Norm.PRE, 0);
      cold.add(half(without));
      warm.add(half(with));
      pre.add(half(other));
      preWarm.add(half(learn(size, draws, Norm.PRE, WARMUP)));
      if (curves.isEmpty()) {
        curves.add(Series.steps("post-LN, no warm-up", without));
        curves.add(Series.steps("post-LN, warm-up", with));
        curves.add(Series.steps("pre-LN, no warm-up", other));
      }
    }
    findings.number("loss in steps 30 to 60, post-LN, no warm-up", new Spread(cold));
    findings.number("loss in steps 30 to 60, post-LN, warm-up", new Spread(warm));
    findings.number("loss in steps 30 to 60, pre-LN, no warm-up", new Spread(pre));
    findings.number("loss in steps 30 to 60, pre-LN, warm-up", new Spread(preWarm));
    Criterion nothing = Criterion.above("loss in steps 30 to 60", 1);
    findings.shows(nothing, "post-LN, no warm-up", new Spread(cold).median());
    findings.control(nothing, "post-LN, warm-up", new Spread(warm).median());
    Criterion learns = Criterion.below("loss in steps 30 to 60", 0.8);
    findings.corrects(learns, "pre-LN, no warm-up", new Spread(pre).median());
    findings.control(learns, "post-LN, no warm-up", new Spread(cold).median());
    Criterion idle =
        Criterion.below("|what warm-up changes of the loss in steps 30 to 60|", size.idle());
    findings.corrects(idle, "pre-LN", Math.abs(apart(pre, preWarm)));
    findings.control(idle, "post-LN", Math.abs(apart(cold, warm)));
    findings.picture(
        new Chart.Plot(
            "8 blocks, Adam " + size.rate(), Axis.linear("step"), Axis.linear("loss"), curves));
  }

  /** The median of paired differences. */
  private static double apart(List<Double> some, List<Double> others) {
    return new Spread(
            IntStream.range(0, some.size()).mapToObj(i -> some.get(i) - others.get(i)).toList())
        .median();
  }

  private static double half(double[] losses) {
    return Arrays.stream(losses).skip(NET_STEPS / 2).average().orElseThrow();
  }

  private static double[] learn(Size size, Draws draws, Norm norm, int warmup) {
    FfnStack stack =
        FfnStack.draw(
            draws.child("network"),
            norm,
            Quadrants.INPUTS,
            size.width(),
            BLOCKS,
            Quadrants.CLASSES);
    Quadrants data = Quadrants.draw(draws.child("data"), size.samples());
    Descent descent = Descent.adam(size.rate());
    return Training.run(
        descent,
        stack.leaves(),
        NET_STEPS,
        (tape, step) -> {
          descent.learningRate(size.rate() * Math.min(1, (step + 1.0) / Math.max(1, warmup)));
          return data.loss(tape, stack::apply);
        });
  }

  @Override
  public List<Item> items(Draws draws) {
    return List.of(
        Calculation.draw(
            draws,
            d -> {
              double peak = d.between(1, 9) / 1000.0;
              double floor = d.between(1, 4) / 10.0;
              double third = floor + (1 - floor) * (1 + Math.cos(Math.PI / 3)) / 2;
              boolean half = d.chance(0.5);
              double share = half ? (1 + floor) / 2 : third;
              double bare = half ? 0.5 : 0.75;
              return Calculation.of(
                      "Peak %s, cosine to %.0f%% of it: the rate %s of the way down?"
                          .formatted(peak, 100 * floor, half ? "half" : "a third"),
                      peak * share,
                      Closeness.NEAR)
                  .slip(peak * bare, "that decays to 0")
                  .slip(peak * floor, "that is where it ends")
                  .slip(
                      peak * Math.cos(Math.PI / (half ? 4 : 6)),
                      "that is a quarter of a cosine wave");
            }));
  }
}
