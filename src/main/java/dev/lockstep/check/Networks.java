package dev.lockstep.check;

import dev.lockstep.device.Stream;
import dev.lockstep.nn.LanguageModelConfig;
import dev.lockstep.nn.NormKind;
import dev.lockstep.nn.NormPlacement;
import dev.lockstep.nn.Parameter;
import dev.lockstep.nn.Parameters;
import dev.lockstep.numeric.DType;
import dev.lockstep.ops.Dropout;
import dev.lockstep.reference.ActivationFormula;
import dev.lockstep.reference.DropoutFormula;
import dev.lockstep.reference.EmbeddingFormula;
import dev.lockstep.reference.NetworkFormula;
import dev.lockstep.reference.Variable;
import java.util.HashMap;
import java.util.Map;

/** What the checks of whole networks share. */
final class Networks {
  /** Whence the masks of models with dropout come. */
  static final long DROPOUT_SEED = 0x5eed_0000_0007L;

  static final long DROPOUT_OFFSET = 40;

  private Networks() {}

  /** Gives each parameter the problem's input of its name. */
  static void load(Problem problem, Parameters parameters, Stream stream) {
    Map<String, float[]> values = new HashMap<>();
    for (Parameter parameter : parameters.list()) {
      values.put(parameter.name(), floats(problem.input(parameter.name()).values()));
    }
    parameters.load(stream, values);
  }

  private static float[] floats(double[] values) {
    float[] floats = new float[values.length];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (float) values[i];
    }
    return floats;
  }

  /** Exact. */
  static double[] doubles(float[] values) {
    double[] doubles = new double[values.length];
    for (int i = 0; i < doubles.length; i++) {
      doubles[i] = values[i];
    }
    return doubles;
  }

  /** Records the gradient of every parameter. */
  static void gradients(Answers answers, Parameters parameters, Stream stream) {
    parameters
        .read(stream, parameters.gradients())
        .forEach((name, values) -> answers.grad(name, doubles(values)));
  }

  /** The logits of a language model of these parameters, as the reference computes them. */
  static Variable languageModel(
      LanguageModelConfig config, Map<String, Variable> parameters, int[] ids) {
    Variable table = require(parameters, "emb.weight");
    Variable context = EmbeddingFormula.concatenated(table, ids, config.context());
    float p = (float) config.dropout();
    NetworkFormula.Branch dropout =
        (place, branch) ->
            p == 0
                ? branch
                : DropoutFormula.apply(
                    branch, p, i -> Dropout.keeps(DROPOUT_SEED, DROPOUT_OFFSET, place, p, i));
    Variable x = dropout.of(config.blocks(), NetworkFormula.named(parameters, "in", context));
    NetworkFormula blocks =
        new NetworkFormula(
            config.blocks(),
            config.normPlacement() == NormPlacement.PRE,
            config.norm() == NormKind.LAYERNORM,
            config.feedForward().gated(),
            ActivationFormula.named(config.feedForward().activation().label()),
            config.normEpsilon());
    Variable head = config.tiedHead() ? table : require(parameters, "head.weight");
    return blocks.apply(parameters, x, head, parameters.get("head.bias"), dropout).logits();
  }

  private static Variable require(Map<String, Variable> parameters, String name) {
    Variable found = parameters.get(name);
    if (found == null) {
      throw new IllegalArgumentException("no parameter " + name);
    }
    return found;
  }

  /**
   * Layers add their errors with random signs: the tolerance of one times the root of how many a
   * number passes, forward through all blocks and the head and back again.
   */
  static double tolerance(DType dtype, int blocks, int longestSum, double scale) {
    return Tolerances.LAYER.of(dtype, longestSum, scale, scale) * passes(blocks);
  }

  /** The same for a loss or a norm, in which many numbers are summed up. */
  static double averageTolerance(DType dtype, int blocks, double scale) {
    return Tolerances.LAYER_AVERAGE.of(dtype, 1, scale, scale) * passes(blocks);
  }

  private static double passes(int blocks) {
    return Math.sqrt(2.0 * (blocks + 1));
  }
}
