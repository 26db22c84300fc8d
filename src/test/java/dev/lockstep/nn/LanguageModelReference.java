package dev.lockstep.nn;

import dev.lockstep.ops.Activation;
import dev.lockstep.reference.ActivationFormula;
import dev.lockstep.reference.CrossEntropyFormula;
import dev.lockstep.reference.EmbeddingFormula;
import dev.lockstep.reference.NetworkFormula;
import dev.lockstep.reference.Variable;
import java.util.Map;
import java.util.Objects;

/** The formula of a language model's loss, to be differentiated. */
final class LanguageModelReference {
  private LanguageModelReference() {}

  static Variable loss(
      LanguageModelConfig config, Map<String, Variable> parameters, int[] ids, int[] targets) {
    Variable embedding = Objects.requireNonNull(parameters.get("emb.weight"));
    Variable contexts = EmbeddingFormula.concatenated(embedding, ids, config.context());
    Variable x = NetworkFormula.named(parameters, "in", contexts);
    NetworkFormula network =
        new NetworkFormula(
            config.blocks(),
            true,
            config.norm() == NormKind.LAYERNORM,
            config.feedForward().gated(),
            formula(config.feedForward().activation()),
            config.normEpsilon());
    Variable head =
        config.tiedHead() ? embedding : Objects.requireNonNull(parameters.get("head.weight"));
    Variable logits = network.apply(parameters, x, head, parameters.get("head.bias")).logits();
    return CrossEntropyFormula.mean().loss(logits, targets).loss();
  }

  private static ActivationFormula formula(Activation activation) {
    return ActivationFormula.named(activation.label());
  }
}
