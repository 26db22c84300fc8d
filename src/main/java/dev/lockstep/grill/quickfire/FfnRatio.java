package dev.lockstep.grill.quickfire;

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
import dev.lockstep.grill.toy.Figures;
import dev.lockstep.grill.toy.LanguageBlock;
import dev.lockstep.grill.toy.LanguageBlock.Inside;
import dev.lockstep.grill.toy.Training;
import dev.lockstep.profile.page.Axis;
import dev.lockstep.profile.page.Chart;
import dev.lockstep.reference.CrossEntropyFormula;
import dev.lockstep.reference.Descent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** How wide a feed-forward network is inside: a habit, and a flat optimum. */
public final class FfnRatio implements Lab {
  private static final Question QUESTION =
      Question.number(59, "ffn-ratio", Topic.QUICK_FIRE)
          .asks("How much wider than the stream is a transformer's feed-forward network?")
          .formula(
              "FFN 2 r d², attention 4 d²; SwiGLU with r = 8/3: 3 · (8/3) d² = 8 d²",
              "\\text{FFN: } 2 r d^2,\\quad \\text{attention: } 4 d^2;\\qquad"
                  + " \\text{SwiGLU, } r = \\tfrac83:\\ 3 \\cdot \\tfrac83\\, d^2 = 8 d^2")
          .answer("Four times; about 8/3 with SwiGLU, whose three matrices then weigh the same.")
          .but(
              "Four is a habit. At equal weights the loss depends little on the ratio over a wide"
                  + " range.")
          .experiment(
              "One transformer block of 2880 to 3174 weights on sequences in which two of eight"
                  + " tokens decide the next; ratios 1, 4 and 8, and no"
                  + " feed-forward network; Adam, 500 steps.")
          .longForm("About 12,288 weights, also ratios 2 and 16.")
          .points("4, or 8/3 with SwiGLU", "then 2/3 of a block's weights", "the optimum is flat")
          .expects(Verdict.UNDECIDED);

  private static final int VOCABULARY = 8;
  private static final int LENGTH = 8;
  private static final int SEQUENCES = 8;
  private static final int STEPS = 500;
  private static final int LAST = 40;
  private static final int REPEATS = 3;
  private static final double SURE = 0.9;
  private static final int HABIT = 4;

  /** No feed-forward network at all. */
  private static final int NONE = 0;

  /** Weights of a block, and the ratios to compare. */
  private record Size(int budget, List<Integer> ratios) {
    static final Size USUAL = new Size(12 * 16 * 16, List.of(1, HABIT, 8));
    static final Size LONG = new Size(12 * 32 * 32, List.of(1, 2, HABIT, 8, 16));

    int weights(int ratio) {
      return (4 + 2 * ratio) * width(ratio) * width(ratio);
    }

    int width(int ratio) {
      return (int) Math.round(Math.sqrt((double) budget / (4 + 2 * ratio)));
    }
  }

  /** A target that does not count. */
  private static final int IGNORED = -100;

  @Override
  public Question question() {
    return QUESTION;
  }

  @Override
  public Findings run(Trial trial) {
    Findings findings = new Findings();
    Size size = trial.longForm() ? Size.LONG : Size.USUAL;
    Criterion near = Criterion.between("loss beside that at ratio 4, nats", -0.2, 0.2);
    List<Draws> repeats = trial.repeats(REPEATS);
    double[] habit = learn(size, repeats, HABIT);
    findings.number("loss at ratio 4", Spread.of(habit));
    List<Double> medians = new ArrayList<>();
    double best = Double.NEGATIVE_INFINITY;
    for (int ratio : size.ratios()) {
      double[] losses = ratio == HABIT ? habit : learn(size, repeats, ratio);
      medians.add(Spread.of(losses).median());
      if (ratio != HABIT) {
        findings.number("loss at ratio " + ratio, Spread.of(losses));
        findings.leavesOpen(near, "ratio " + ratio, beside(losses, habit));
        best = Math.max(best, beside(habit, losses));
      }
    }
    double[] none = learn(size, repeats, NONE);
    findings.number("loss without a feed-forward network", Spread.of(none));
    findings.control(near, "no feed-forward network", beside(none, habit));
    Criterion better = Criterion.below("loss at ratio 4 beside another's, nats", -0.2);
    findings.shows(better, "no feed-forward network", beside(habit, none));
    findings.control(better, "the nearer of the others", best);
    findings.note(
        ("One block, a vocabulary of %d and %d steps; whole widths give weights of"
                + " %s%d without the network. Tested is that"
                + " others end within 0.2 nats of 4, not which is best. A smaller"
                + " ratio has a wider stream, and with it larger embeddings, which the budget"
                + " does not count.")
            .formatted(
                VOCABULARY,
                STEPS,
                size.ratios().stream()
                    .map(ratio -> "%d at ratio %d, ".formatted(size.weights(ratio), ratio))
                    .collect(Collectors.joining()),
                size.weights(NONE)));
    findings.picture(
        new Chart.Plot(
            "Loss of the last 40 steps",
            Axis.log("ratio"),
            Axis.linear("nats per token"),
            List.of(
                Figures.line(
                    "median of three",
                    size.ratios().stream().mapToDouble(ratio -> ratio).toArray(),
                    medians.stream().mapToDouble(loss -> loss).toArray()),
                Figures.level(
                    "no feed-forward network",
                    1,
                    size.ratios().getLast(),
                    Spread.of(none).median()))));
    return findings;
  }

  /** The median of what one loses against the other with the same draws. */
  private static double beside(double[] losses, double[] others) {
    return new Spread(
            IntStream.range(0, losses.length).mapToObj(i -> losses[i] - others[i]).toList())
        .median();
  }

  private static double[] learn(Size size, List<Draws> repeats, int ratio) {
    return repeats.stream().mapToDouble(draws -> learn(size, draws, ratio)).toArray();
  }

  private static double learn(Size size, Draws draws, int ratio) {
    int width = size.width(ratio);
    Inside inside = ratio == NONE ? Inside.NOTHING : Inside.GELU;
    LanguageBlock model =
        LanguageBlock.draw(draws.child("model"), VOCABULARY, LENGTH, width, inside, ratio * width);
    Draws rows = draws.child("table");
    int[] table = new int[VOCABULARY * VOCABULARY];
    Arrays.setAll(table, i -> rows.below(VOCABULARY));
    Draws text = draws.child("text");
    double[] losses =
        Training.run(
            Descent.adam(0.02),
            model.leaves(),
            STEPS,
            (tape, step) -> {
              int[] targets = new int[SEQUENCES * LENGTH];
              int[] tokens = tokens(text, table, targets);
              return CrossEntropyFormula.mean().loss(model.logits(tape, tokens), targets).loss();
            });
    return Training.end(losses, LAST);
  }

  /** Sequences in which the two latest tokens nearly always decide the next. */
  private static int[] tokens(Draws text, int[] table, int[] targets) {
    int[] tokens = new int[targets.length];
    for (int from = 0; from < tokens.length; from += LENGTH) {
      int before = text.below(VOCABULARY);
      int now = text.below(VOCABULARY);
      tokens[from] = before;
      targets[from] = IGNORED; // drawn, so nothing is to be learnt
      for (int i = from + 1; i < from + LENGTH; i++) {
        tokens[i] = now;
        targets[i] = text.chance(SURE) ? table[before * VOCABULARY + now] : text.below(VOCABULARY);
        before = now;
        now = targets[i];
      }
    }
    return tokens;
  }

  @Override
  public List<Item> items(Draws draws) {
    return List.of(
        Calculation.draw(
            draws,
            d -> {
              int ratio = d.between(2, 8);
              return Calculation.of(
                      ("A block has attention of 4 d² weights and a feed-forward network %d times"
                           + " as wide as the stream. Which share of the weights is the network's?")
                          .formatted(ratio),
                      2.0 * ratio / (2 * ratio + 4),
                      Closeness.NEAR)
                  .slip(0.5, "attention and network are not equal in general")
                  .slip(ratio / (ratio + 1.0), "attention has four matrices, the network two")
                  .slip(3.0 * ratio / (3 * ratio + 4), "three matrices are SwiGLU's");
            }));
  }
}
