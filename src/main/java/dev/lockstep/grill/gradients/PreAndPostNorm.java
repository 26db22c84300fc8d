package dev.lockstep.grill.gradients;

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
import dev.lockstep.grill.toy.Vectors;
import dev.lockstep.profile.page.Axis;
import dev.lockstep.profile.page.Chart;
import dev.lockstep.profile.page.Series;
import dev.lockstep.reference.Descent;
import dev.lockstep.reference.Tape;
import dev.lockstep.reference.Variable;
import java.util.Arrays;
import java.util.List;

/** Layer norm before or after the residual sum: which trains without a warm-up, and why. */
public final class PreAndPostNorm implements Lab {
  private static final Question QUESTION =
      Question.number(35, "pre-vs-post-ln", Topic.GRADIENTS)
          .asks("Pre-LN or post-LN: what is the difference, and which trains more easily?")
          .formula(
              "pre: x + F(LN(x));  post: LN(x + F(x))",
              "\\text{pre: } x + F(\\operatorname{LN}(x)) \\qquad"
                  + " \\text{post: } \\operatorname{LN}(x + F(x))")
          .answer(
              "Pre-LN leaves the residual path free from end to end, so gradients reach every"
                  + " block; post-LN puts a norm on the path, gradients vanish, and it needs a"
                  + " warm-up.")
          .but(
              "The outcome holds, the reason need not: with branches of unit variance the gradients"
                  + " of post-LN do not vanish at the start, and still it trains worse. And pre-LN"
                  + " has a price: its stream grows from block to block, and late blocks change it"
                  + " less.")
          .experiment(
              "Width 16, 16 feed-forward blocks without attention, 8 inputs, 4 classes, 128"
                  + " samples, Adam 0.003, 100 steps of 32; the same with 2 blocks.")
          .longForm("Width 32, 24 blocks, 256 samples, Adam 0.001, 80 steps of 64.")
          .points(
              "pre-LN normalises what a branch reads, post-LN the sum",
              "pre-LN trains without warm-up, post-LN hardly when it is deep",
              "pre-LN's stream grows, so a norm follows the last block")
          .kernels("layernorm_40x64")
          .expects(Verdict.CORRECTED);

  private static final int SHALLOW = 2;
  private static final int LAST = 20;

  private record Size(int width, int deep, int samples, int batch, double rate, int steps) {
    static final Size USUAL = new Size(16, 16, 128, 32, 3e-3, 100);
    static final Size LONG = new Size(32, 24, 256, 64, 1e-3, 80);
  }

  @Override
  public Question question() {
    return QUESTION;
  }

  @Override
  public Findings run(Trial trial) {
    Findings findings = new Findings();
    Size size = trial.longForm() ? Size.LONG : Size.USUAL;
    List<Draws> repeats = trial.repeats(3);
    List<double[]> pre = repeats.stream().map(d -> learn(d, size, Norm.PRE, size.deep())).toList();
    List<double[]> post =
        repeats.stream().map(d -> learn(d, size, Norm.POST, size.deep())).toList();
    Spread deepPre = ends(pre);
    Spread deepPost = ends(post);
    Spread shallowPre = ends(repeats.stream().map(d -> learn(d, size, Norm.PRE, SHALLOW)).toList());
    Spread shallowPost =
        ends(repeats.stream().map(d -> learn(d, size, Norm.POST, SHALLOW)).toList());
    findings.number("loss at the end, pre-LN, many blocks", deepPre);
    findings.number("loss at the end, post-LN, many blocks", deepPost);
    findings.number("loss at the end, pre-LN, 2 blocks", shallowPre);
    findings.number("loss at the end, post-LN, 2 blocks", shallowPost);
    Criterion worse = Criterion.above("loss of post-LN less that of pre-LN, medians", 0.18);
    findings.shows(worse, "many blocks", deepPost.median() - deepPre.median());
    findings.control(worse, "2 blocks", shallowPost.median() - shallowPre.median());

    List<Draws> starts = trial.repeats(7);
    Spread flowPre = Spread.over(starts, d -> gradientRatio(d, size, Norm.PRE));
    Spread flowPost = Spread.over(starts, d -> gradientRatio(d, size, Norm.POST));
    Spread growthPre = Spread.over(starts, d -> growth(d, size, Norm.PRE));
    Spread growthPost = Spread.over(starts, d -> growth(d, size, Norm.POST));
    findings.number("gradient at the first block against the last, pre-LN", flowPre);
    findings.number("gradient at the first block against the last, post-LN", flowPost);
    findings.number("growth of the stream's mean square, pre-LN", growthPre);
    findings.number("growth of the stream's mean square, post-LN", growthPost);
    Criterion arrives = Criterion.between("gradient at the first block against the last", 0.3, 3.5);
    findings.corrects(arrives, "post-LN, at the start", flowPost.median());
    findings.control(arrives, "pre-LN, at the start", flowPre.median());
    Criterion grows = Criterion.above("growth of the stream's mean square", 5);
    findings.corrects(grows, "pre-LN", growthPre.median());
    findings.control(grows, "post-LN", growthPost.median());
    findings.picture(
        new Chart.Plot(
            "%d blocks, no warm-up".formatted(size.deep()),
            Axis.linear("step"),
            Axis.linear("loss"),
            List.of(
                Series.steps("pre-LN", pre.getFirst()), Series.steps("post-LN", post.getFirst()))));
    return findings;
  }

  private static Spread ends(List<double[]> runs) {
    return Spread.over(
        runs, run -> Arrays.stream(run).skip(run.length - LAST).average().orElseThrow());
  }

  private static FfnStack stack(Draws draws, int width, Norm norm, int blocks) {
    return FfnStack.draw(
        draws.child("network"), norm, Quadrants.INPUTS, width, blocks, Quadrants.CLASSES);
  }

  private static double[] learn(Draws draws, Size size, Norm norm, int blocks) {
    FfnStack stack = stack(draws, size.width(), norm, blocks);
    Quadrants data = Quadrants.draw(draws.child("data"), size.samples());
    Draws batches = draws.child("batches");
    return Training.run(
        Descent.adam(size.rate()),
        stack.leaves(),
        size.steps(),
        (tape, step) -> data.batch(batches, size.batch()).loss(tape, stack::apply));
  }

  private static double gradientRatio(Draws draws, Size size, Norm norm) {
    List<Variable> stream = atStart(draws, size, norm);
    return Vectors.norm(stream.getFirst().gradient()) / Vectors.norm(stream.getLast().gradient());
  }

  private static double growth(Draws draws, Size size, Norm norm) {
    List<Variable> stream = atStart(draws, size, norm);
    double ratio =
        Vectors.norm(stream.getLast().values()) / Vectors.norm(stream.getFirst().values());
    return ratio * ratio;
  }

  /** The stream of an untrained stack, with gradients. */
  private static List<Variable> atStart(Draws draws, Size size, Norm norm) {
    FfnStack stack = stack(draws, size.width(), norm, size.deep());
    Quadrants data = Quadrants.draw(draws.child("data"), size.samples());
    Tape tape = new Tape();
    List<Variable> stream =
        stack.trace(tape.constant(data.inputs(), size.samples(), Quadrants.INPUTS));
    tape.reverse(data.loss(tape, x -> stack.logits(stream.getLast())));
    return stream;
  }

  @Override
  public List<Item> items(Draws draws) {
    return List.of(
        Calculation.draw(
            draws,
            d -> {
              int blocks = d.between(4, 12);
              return Calculation.of(
                      "A pre-LN stream starts at variance 1, and %d branches of variance 1 are added: its variance?"
                          .formatted(blocks),
                      1 + blocks,
                      Closeness.EXACT)
                  .slip(1, "pre-LN normalises what branches read, not the stream")
                  .slip(Math.pow(2, blocks), "branches add to the stream, they do not multiply it")
                  .slip(Math.sqrt(1 + blocks), "that is the standard deviation");
            }));
  }
}
