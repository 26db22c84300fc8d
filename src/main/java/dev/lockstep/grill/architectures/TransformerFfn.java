package dev.lockstep.grill.architectures;

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
import dev.lockstep.grill.toy.Dense;
import dev.lockstep.grill.toy.Figures;
import dev.lockstep.grill.toy.Init;
import dev.lockstep.grill.toy.Mlp;
import dev.lockstep.reference.ActivationFormula;
import dev.lockstep.reference.Leaf;
import dev.lockstep.reference.Primitives;
import dev.lockstep.reference.SoftmaxFormula;
import dev.lockstep.reference.Tape;
import dev.lockstep.reference.Variable;
import dev.lockstep.reference.Views;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;

/** The feed-forward part of a transformer sees one position; attention does not. */
public final class TransformerFfn implements Lab {
  private static final Question QUESTION =
      Question.number(42, "transformer-ffn", Topic.ARCHITECTURES)
          .asks("What does the feed-forward part of a transformer do, and how large is it?")
          .formula(
              "FFN(x) = W₂ φ(W₁x + b₁) + b₂, 8d² weights at 4 times the width; attention 4d²",
              "\\operatorname{FFN}(x) = W_2\\, \\varphi(W_1 x + b_1) + b_2, \\qquad 8 d^2"
                  + " \\text{ against } 4 d^2")
          .answer(
              "The same two-layer network at every position, usually four times as wide inside; no"
                  + " position sees another there, mixing is attention's part. It holds two thirds"
                  + " of a block's weights.")
          .but(
              "That permuted inputs give permuted outputs does not show it: attention without"
                  + " positions does that too. The derivative across positions does.")
          .experiment(
              "Six positions of width 8: derivatives of every output position by every input"
                  + " position, and permuted inputs, for the network, for attention, and for a"
                  + " fixed mix of positions.")
          .points(
              "applied to each position alone, with the same weights",
              "wider inside, usually by a factor of 4",
              "about 8d² weights against attention's 4d²")
          .kernels("gated_ffn_silu_10x24x56_bias")
          .expects(Verdict.CONFIRMED);

  private static final int POSITIONS = 6;
  private static final int WIDTH = 8;

  @Override
  public Question question() {
    return QUESTION;
  }

  @Override
  public Findings run(Trial trial) {
    Findings findings = new Findings();
    Draws draws = trial.draws();
    double[] x = draws.child("x").normals(POSITIONS * WIDTH, 1);
    Dense first = Dense.draw(draws.child("first"), Init.he(), WIDTH, 4 * WIDTH);
    Dense second = Dense.draw(draws.child("second"), Init.lecun(), 4 * WIDTH, WIDTH);
    UnaryOperator<Variable> ffn =
        v -> second.apply(ActivationFormula.GELU_ERF.apply(first.apply(v)));
    UnaryOperator<Variable> attention = attention(draws.child("attention"));
    double[] mix = draws.child("mix").normals(POSITIONS * POSITIONS, 0.4);
    UnaryOperator<Variable> mixer =
        v -> Primitives.matmul(v.tape().constant(mix, POSITIONS, POSITIONS), v);

    Criterion alone = Criterion.exactly("largest derivative across positions", 0);
    double[][] ofFfn = blocks(ffn, x);
    double[][] ofAttention = blocks(attention, x);
    findings.number("largest derivative across positions, FFN", across(ofFfn));
    findings.number("largest derivative across positions, attention", across(ofAttention));
    findings.shows(alone, "FFN", across(ofFfn));
    findings.control(alone, "attention", across(ofAttention));

    int[] order = draws.child("order").permutation(POSITIONS);
    Criterion follows = Criterion.below("difference after a permutation of positions", 1e-12);
    findings.number("difference after a permutation, attention", permuted(attention, x, order));
    findings.number("difference after a permutation, fixed mix", permuted(mixer, x, order));
    findings.shows(follows, "FFN", permuted(ffn, x, order));
    findings.shows(
        follows, "attention, which is not position by position", permuted(attention, x, order));
    findings.control(follows, "fixed mix", permuted(mixer, x, order));

    Criterion two = Criterion.between("weights of the FFN against attention's", 1.95, 2.05);
    double four = weightsAgainstAttention(draws.child("sizes"), 4);
    findings.number("weights against attention's, width 128", four);
    findings.shows(two, "4 times the width", four);
    findings.control(two, "the same width", weightsAgainstAttention(draws.child("sizes"), 1));
    findings.picture(
        Figures.matrix(
            "How much each position depends on each: FFN", "input position", "output ", ofFfn));
    findings.picture(
        Figures.matrix("The same: attention", "input position", "output ", ofAttention));
    return findings;
  }

  /** One head without positions. */
  private static UnaryOperator<Variable> attention(Draws draws) {
    double[][] weights = new double[4][];
    Arrays.setAll(weights, i -> Init.lecun().draw(draws, WIDTH, WIDTH));
    return x -> {
      Variable[] projected = new Variable[3];
      Arrays.setAll(projected, i -> times(x, weights[i]));
      Variable scores =
          Primitives.scale(
              Primitives.matmul(projected[0], Views.transpose(projected[1])), 1 / Math.sqrt(WIDTH));
      return times(Primitives.matmul(SoftmaxFormula.softmax(scores), projected[2]), weights[3]);
    };
  }

  private static Variable times(Variable x, double[] weight) {
    return Primitives.matmul(x, x.tape().constant(weight, WIDTH, WIDTH));
  }

  /** The norm of each output position's derivative by each input position. */
  private static double[][] blocks(UnaryOperator<Variable> layer, double[] x) {
    double[][] squares = new double[POSITIONS][POSITIONS];
    for (int o = 0; o < POSITIONS * WIDTH; o++) {
      Tape tape = new Tape();
      Variable input = tape.variable(x, POSITIONS, WIDTH);
      double[] one = new double[POSITIONS * WIDTH];
      one[o] = 1;
      layer.apply(input).seedGradient(one);
      tape.reverse();
      for (int i = 0; i < one.length; i++) {
        squares[o / WIDTH][i / WIDTH] += input.gradient()[i] * input.gradient()[i];
      }
    }
    for (double[] row : squares) {
      Arrays.setAll(row, i -> Math.sqrt(row[i]));
    }
    return squares;
  }

  private static double across(double[][] blocks) {
    double most = 0;
    for (int o = 0; o < POSITIONS; o++) {
      for (int i = 0; i < POSITIONS; i++) {
        most = o == i ? most : Math.max(most, blocks[o][i]);
      }
    }
    return most;
  }

  /** The largest difference between permuting before a layer and after it. */
  private static double permuted(UnaryOperator<Variable> layer, double[] x, int[] order) {
    double[] before = values(layer, permute(x, order));
    double[] after = permute(values(layer, x), order);
    double most = 0;
    for (int i = 0; i < before.length; i++) {
      most = Math.max(most, Math.abs(before[i] - after[i]));
    }
    return most;
  }

  private static double[] values(UnaryOperator<Variable> layer, double[] x) {
    return layer.apply(new Tape().constant(x, POSITIONS, WIDTH)).values();
  }

  private static double[] permute(double[] x, int[] order) {
    double[] permuted = new double[x.length];
    for (int t = 0; t < POSITIONS; t++) {
      System.arraycopy(x, order[t] * WIDTH, permuted, t * WIDTH, WIDTH);
    }
    return permuted;
  }

  /** Weights and biases of layers so many times as wide inside, over those of attention. */
  private static double weightsAgainstAttention(Draws draws, int inside) {
    int width = 128;
    Init init = Init.lecun();
    Mlp ffn = Mlp.draw(draws, init, ActivationFormula.GELU_ERF, width, inside * width, width);
    double attention = 0;
    for (int i = 0; i < 4; i++) {
      attention += count(Dense.draw(draws, init, width, width).leaves());
    }
    return count(ffn.leaves()) / attention;
  }

  private static int count(List<Leaf> leaves) {
    return leaves.stream().mapToInt(Leaf::count).sum();
  }

  @Override
  public List<Item> items(Draws draws) {
    return List.of(
        Calculation.draw(
            draws,
            d -> {
              double width = 64 * d.between(2, 16);
              return Calculation.of(
                      "Width %.0f, four times that inside, no biases: how many weights has the FFN?"
                          .formatted(width),
                      8 * width * width,
                      Closeness.EXACT)
                  .slip(4 * width * width, "that is one of its two matrices")
                  .slip(width * width, "neither matrix is square")
                  .slip(12 * width * width, "that has a gate as well, three matrices");
            }));
  }
}
