package dev.lockstep.check;

import java.util.List;
import java.util.Optional;

/** All ops that are checked. */
final class OpChecks {
  private static final List<OpCheck> ALL =
      List.of(
          new CastCheck(),
          new FillCheck(),
          new ActivationCheck(),
          new BiasActivationCheck(),
          new LinearCheck(false),
          new LinearCheck(true),
          new GluCheck(),
          new GatedFfnCheck(),
          new CrossEntropyCheck(),
          new LinearCrossEntropyCheck(),
          new SoftmaxCheck(),
          new BceWithLogitsCheck(),
          new SquaredErrorCheck(),
          new NormCheck(true),
          new NormCheck(false),
          new EmbeddingCheck(),
          new DropoutCheck(),
          new ClipCheck(),
          new ClipValueCheck(),
          new OptimizerCheck(),
          new FfnNetCheck(),
          new LanguageModelCheck(),
          new CharLmCheck());

  private OpChecks() {}

  static List<OpCheck> all() {
    return ALL;
  }

  static Optional<OpCheck> named(String op) {
    return ALL.stream().filter(check -> check.op().equals(op)).findFirst();
  }
}
