package dev.lockstep.reference;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A residual network of feed-forward blocks. Parameters are found by name: {@code
 * blocks.B.norm.weight}, {@code blocks.B.gate.weight}, {@code .up}, {@code .down} (or {@code .fc1},
 * {@code .fc2} when not gated), {@code final_norm.weight}, {@code head.weight}; {@code .bias} of
 * each where there is one.
 *
 * @param preNorm {@code x + ffn(norm(x))} and a norm before the head, otherwise {@code norm(x +
 *     ffn(x))} and none
 * @param layerNorm LayerNorm, otherwise RMSNorm
 * @param gated {@code down(act(gate(x)) ⊙ up(x))}, otherwise {@code fc2(act(fc1(x)))}
 * @param eps of every norm
 */
public record NetworkFormula(
    int blocks,
    boolean preNorm,
    boolean layerNorm,
    boolean gated,
    ActivationFormula activation,
    double eps) {
  /** Of a leaky relu below zero. */
  private static final double LEAKY_SLOPE = 0.01f;

  /**
   * From x {@code [rows, d]} to logits {@code [rows, classes]}.
   *
   * @param head weight of the last layer, {@code [classes, d]}; not looked up by name because a
   *     language model may share it with its embedding
   */
  public Activations apply(
      Map<String, Variable> parameters, Variable x, Variable head, @Nullable Variable headBias) {
    return apply(parameters, x, head, headBias, (block, branch) -> branch);
  }

  /**
   * The same.
   *
   * @param dropout what becomes of what a block adds to the stream
   */
  public Activations apply(
      Map<String, Variable> parameters,
      Variable x,
      Variable head,
      @Nullable Variable headBias,
      Branch dropout) {
    List<Variable> outputs = new ArrayList<>();
    Variable stream = x;
    for (int b = 0; b < blocks; b++) {
      String block = "blocks." + b + ".";
      String norm = block + "norm";
      if (preNorm) {
        Variable branch = feedForward(parameters, block, normalize(parameters, norm, stream));
        stream = Primitives.add(stream, dropout.of(b, branch));
      } else {
        Variable branch = dropout.of(b, feedForward(parameters, block, stream));
        stream = normalize(parameters, norm, Primitives.add(stream, branch));
      }
      outputs.add(stream);
    }
    Variable last = preNorm ? normalize(parameters, "final_norm", stream) : stream;
    return new Activations(outputs, LinearFormula.linear(last, head, headBias));
  }

  private Variable normalize(Map<String, Variable> parameters, String name, Variable x) {
    Variable weight = parameters.get(name + ".weight");
    return layerNorm
        ? NormFormula.layerNorm(x, weight, parameters.get(name + ".bias"), eps).y()
        : NormFormula.rmsNorm(x, weight, eps).y();
  }

  private Variable feedForward(Map<String, Variable> parameters, String block, Variable x) {
    if (gated) {
      Variable gate = named(parameters, block + "gate", x);
      Variable up = named(parameters, block + "up", x);
      return named(parameters, block + "down", LinearFormula.glu(gate, up, activation));
    }
    Variable hidden = activation.apply(named(parameters, block + "fc1", x), LEAKY_SLOPE);
    return named(parameters, block + "fc2", hidden);
  }

  /** The linear layer of that name. */
  public static Variable named(Map<String, Variable> parameters, String name, Variable x) {
    Variable weight = parameters.get(name + ".weight");
    if (weight == null) {
      throw new IllegalArgumentException("no parameter " + name + ".weight");
    }
    return LinearFormula.linear(x, weight, parameters.get(name + ".bias"));
  }

  /** What becomes of what a block adds to the stream. */
  public interface Branch {
    /** The branch of a block, changed. */
    Variable of(int block, Variable branch);
  }

  /**
   * What the network computed.
   *
   * @param blocks the residual stream after each block
   */
  public record Activations(List<Variable> blocks, Variable logits) {}
}
