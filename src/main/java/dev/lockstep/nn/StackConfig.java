package dev.lockstep.nn;

import java.util.Map;

/**
 * The shape of the blocks that all models have: what stands between a model's input and its head.
 *
 * @param width width of the residual stream, D
 * @param hidden width inside a block, H
 * @param blocks feed-forward blocks
 * @param norm the kind of normalisation
 * @param feedForward what a block computes
 * @param feedForwardBias whether the matrices inside a block have biases
 * @param normEpsilon added to the mean square or variance inside the root
 * @param normPlacement where a block normalises
 * @param initialization how weights are drawn before the first step
 * @param dropout probability with which training leaves out an element of what a block adds to the
 *     stream, and of what the blocks start from
 */
public record StackConfig(
    int width,
    int hidden,
    int blocks,
    NormKind norm,
    FeedForwardKind feedForward,
    boolean feedForwardBias,
    double normEpsilon,
    NormPlacement normPlacement,
    Initialization initialization,
    double dropout) {

  /**
   * Checks what is given.
   *
   * @throws IllegalArgumentException when a number is out of its range
   */
  public StackConfig {
    Sizes.require("width", width, 1);
    Sizes.require("hidden", hidden, 1);
    Sizes.require("blocks", blocks, 0);
    if (!(normEpsilon > 0 && normEpsilon < 1)) {
      throw new IllegalArgumentException(
          "norm epsilon " + normEpsilon + " must be above 0 and below 1");
    }
    if (!(dropout >= 0 && (float) dropout < 1)) {
      throw new IllegalArgumentException("dropout " + dropout + " must be at least 0 and below 1");
    }
  }

  /** Two SwiGLU blocks of width 128 and hidden width 384, which normalise first. */
  public static StackConfig defaults() {
    return new StackConfig(
        128,
        384,
        2,
        NormKind.RMSNORM,
        FeedForwardKind.SWIGLU,
        false,
        1e-5,
        NormPlacement.PRE,
        Initialization.LECUN,
        0);
  }

  /** Weights of all matrices inside the blocks. */
  long matrixWeights() {
    return (feedForward.gated() ? 3L : 2L) * width * hidden * blocks;
  }

  /** Adds every knob by name. */
  void describe(Map<String, String> knobs) {
    knobs.put("width", Integer.toString(width));
    knobs.put("hidden", Integer.toString(hidden));
    knobs.put("blocks", Integer.toString(blocks));
    knobs.put("norm", norm.label());
    knobs.put("feedForward", feedForward.label());
    knobs.put("feedForwardBias", Boolean.toString(feedForwardBias));
    knobs.put("normEpsilon", Double.toString(normEpsilon));
    knobs.put("normPlacement", normPlacement.label());
    knobs.put("initialization", initialization.label());
    knobs.put("dropout", Double.toString(dropout));
  }

  /** What {@link #describe} described. */
  static StackConfig of(Map<String, String> knobs) {
    return new StackConfig(
        Sizes.number(knobs, "width"),
        Sizes.number(knobs, "hidden"),
        Sizes.number(knobs, "blocks"),
        NormKind.of(knobs.getOrDefault("norm", "")),
        FeedForwardKind.of(knobs.getOrDefault("feedForward", "")),
        Boolean.parseBoolean(knobs.get("feedForwardBias")),
        Double.parseDouble(knobs.getOrDefault("normEpsilon", "")),
        NormPlacement.of(knobs.getOrDefault("normPlacement", "")),
        Initialization.of(knobs.getOrDefault("initialization", "")),
        Double.parseDouble(knobs.getOrDefault("dropout", "")));
  }
}
