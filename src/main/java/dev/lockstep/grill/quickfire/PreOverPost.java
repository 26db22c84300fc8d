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
import dev.lockstep.grill.toy.FfnStack;
import dev.lockstep.grill.toy.FfnStack.Norm;
import dev.lockstep.grill.toy.Figures;
import dev.lockstep.grill.toy.Init;
import dev.lockstep.grill.toy.Quadrants;
import dev.lockstep.grill.toy.Signal;
import dev.lockstep.grill.toy.Vectors;
import dev.lockstep.profile.page.Axis;
import dev.lockstep.profile.page.Chart;
import dev.lockstep.reference.ActivationFormula;
import dev.lockstep.reference.Leaf;
import dev.lockstep.reference.Tape;
import dev.lockstep.reference.Variable;
import java.util.List;

/** What is cleaner about the gradients of pre-LN: those of the last block. */
public final class PreOverPost implements Lab {
  private static final Question QUESTION =
      Question.number(58, "pre-over-post", Topic.QUICK_FIRE)
          .asks("Why is pre-LN preferred over post-LN?")
          .formula(
              "gradient of the last block: pre-LN ~ 1/√N, post-LN ~ constant in N",
              "\\left\\lVert \\nabla_{W_N} L \\right\\rVert \\sim \\frac{1}{\\sqrt N}"
                  + " \\text{ (pre)}, \\quad O(1) \\text{ (post)}")
          .answer("Its gradients flow more cleanly, so that deep stacks train without a warm-up.")
          .but(
              "What differs at the start is not a decay from block to block but the gradient of the"
                  + " last block: it shrinks with depth in pre-LN and does not in post-LN (Xiong et"
                  + " al. 2020), which is why that one needs small first steps.")
          .experiment(
              "Feed-forward stacks of width 32 with 4, 16 and 64 blocks, untrained: the gradient of"
                  + " the last block's second matrix, and of the stream.")
          .points(
              "the residual path of pre-LN has no norm on it",
              "post-LN's last blocks have large gradients at the start: it needs a warm-up")
          .expects(Verdict.CORRECTED);

  private static final int WIDTH = 32;
  private static final int SAMPLES = 32;
  private static final int[] DEPTHS = {4, 16, 64};
  private static final int REPEATS = 7;

  @Override
  public Question question() {
    return QUESTION;
  }

  @Override
  public Findings run(Trial trial) {
    Findings findings = new Findings();
    List<Draws> repeats = trial.repeats(REPEATS);
    double[] pre = new double[DEPTHS.length];
    double[] post = new double[DEPTHS.length];
    double[] depths = new double[DEPTHS.length];
    for (int i = 0; i < DEPTHS.length; i++) {
      int blocks = DEPTHS[i];
      depths[i] = blocks;
      Spread preLn = Spread.over(repeats, d -> start(d, Norm.PRE, blocks).last());
      Spread postLn = Spread.over(repeats, d -> start(d, Norm.POST, blocks).last());
      findings.number("last block's gradient, pre-LN, %d blocks".formatted(blocks), preLn);
      findings.number("last block's gradient, post-LN, %d blocks".formatted(blocks), postLn);
      pre[i] = preLn.median();
      post[i] = postLn.median();
    }
    double ofPre = slope(pre);
    double ofPost = slope(post);
    findings.number("power of N the last block's gradient goes with, pre-LN", ofPre);
    findings.number("the same, post-LN", ofPost);
    Criterion shrinks = Criterion.between("power of N from 4 to 64 blocks", -0.75, -0.2);
    findings.corrects(shrinks, "last block's gradient, pre-LN", ofPre);
    findings.control(shrinks, "last block's gradient, post-LN", ofPost);
    Spread flow = Spread.over(repeats, d -> start(d, Norm.POST, 16).flow());
    Spread flowPre = Spread.over(repeats, d -> start(d, Norm.PRE, 16).flow());
    findings.number("gradient at the first block against the last, post-LN, 16 blocks", flow);
    findings.number("gradient at the first block against the last, pre-LN, 16 blocks", flowPre);
    Spread plain = Spread.over(repeats, PreOverPost::sigmoidFlow);
    findings.number("the same of 32 sigmoid layers without norm or residual path", plain);
    Criterion arrives = Criterion.above("gradient at the first block against the last", 0.25);
    findings.corrects(arrives, "post-LN", flow.median());
    findings.control(arrives, "32 sigmoid layers", plain.median());
    findings.picture(
        new Chart.Plot(
            "Untrained stacks",
            Axis.log("blocks"),
            Axis.log("gradient of the last block's second matrix"),
            List.of(Figures.line("pre-LN", depths, pre), Figures.line("post-LN", depths, post))));
    return findings;
  }

  private static double slope(double[] gradients) {
    int last = DEPTHS.length - 1;
    return Math.log(gradients[last] / gradients[0]) / Math.log(DEPTHS[last] / (double) DEPTHS[0]);
  }

  /** What a decay from layer to layer looks like. */
  private static double sigmoidFlow(Draws draws) {
    Signal signal =
        Signal.through(
            draws.child("sigmoid"), Init.xavier(), ActivationFormula.SIGMOID, 32, WIDTH, SAMPLES);
    return Math.pow(10, signal.gradientGrowth(draws.child("upstream")));
  }

  /**
   * Gradients of an untrained stack.
   *
   * @param last the norm of that of the last block's second matrix
   * @param flow the norm at the first block against that at the last
   */
  private record Start(double last, double flow) {}

  private static Start start(Draws draws, Norm norm, int blocks) {
    FfnStack stack =
        FfnStack.draw(
            draws.child(blocks), norm, Quadrants.INPUTS, WIDTH, blocks, Quadrants.CLASSES);
    Quadrants data = Quadrants.draw(draws.child("data"), SAMPLES);
    Tape tape = new Tape();
    List<Variable> stream = stack.trace(tape.constant(data.inputs(), SAMPLES, Quadrants.INPUTS));
    tape.reverse(data.loss(tape, x -> stack.logits(stream.getLast())));
    Leaf last = stack.blocks().getLast().second().weight();
    return new Start(
        Vectors.norm(last.gradient()),
        Vectors.norm(stream.getFirst().gradient()) / Vectors.norm(stream.getLast().gradient()));
  }

  @Override
  public List<Item> items(Draws draws) {
    return List.of(
        Choice.of(
            "Which of the two has a norm of its own after the last block?",
            "pre-LN alone",
            new Wrong("post-LN alone", "its last block ends in a norm already"),
            new Wrong("both of them", "post-LN needs none: its last block ends in one"),
            new Wrong(
                "neither of them", "the stream of pre-LN has grown and is never normalised")));
  }
}
