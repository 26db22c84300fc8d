package dev.lockstep.nn;

import dev.lockstep.nn.ParameterSpec.Kind;
import dev.lockstep.tensor.Shape;
import java.util.ArrayList;
import java.util.List;

/** Names, shapes and first values of every parameter of a {@link Model}. */
public final class ModelParameters {
  static final String EMBEDDED = "emb";
  static final String EMBEDDING = EMBEDDED + ".weight";
  static final String IN = "in";
  static final String FINAL_NORM = "final_norm";
  static final String HEAD = "head";
  static final String HEAD_WEIGHT = HEAD + ".weight";
  static final String HEAD_BIAS = HEAD + ".bias";

  private static final Initializer ZERO = new Initializer.Constant(0);
  private static final Initializer ONE = new Initializer.Constant(1);

  private ModelParameters() {}

  /** The prefix of a block's parameters: {@code blocks.0}. */
  static String block(int index) {
    return "blocks." + index;
  }

  /** All parameters, in the order in which the forward pass meets them. */
  public static List<ParameterSpec> specs(ModelConfig config) {
    List<ParameterSpec> specs = new ArrayList<>();
    if (config instanceof LanguageModelConfig model) {
      specs.add(embedding(model));
    }
    addLinear(specs, config.stack(), IN, config.width(), config.inputWidth(), true, 1);
    specs.addAll(stackSpecs(config.stack()));
    specs.addAll(headSpecs(config));
    return List.copyOf(specs);
  }

  private static ParameterSpec embedding(LanguageModelConfig config) {
    return new ParameterSpec(
        EMBEDDING,
        Shape.of(config.vocabulary(), config.embedding()),
        Kind.EMBEDDING,
        new Initializer.Normal(config.initialization().embeddingDeviation()));
  }

  /** The name of the head's matrix. */
  static String headWeight(ModelConfig config) {
    return config instanceof LanguageModelConfig model && model.tiedHead()
        ? EMBEDDING
        : HEAD_WEIGHT;
  }

  /** The parameters of the head that are its own. */
  static List<ParameterSpec> headSpecs(ModelConfig config) {
    List<ParameterSpec> specs = new ArrayList<>();
    long v = config.outputs();
    if (headWeight(config).equals(HEAD_WEIGHT)) {
      addMatrix(specs, config.stack(), HEAD, v, config.width(), 1);
    }
    if (config.headBias()) {
      specs.add(new ParameterSpec(HEAD_BIAS, Shape.of(v), Kind.VECTOR, ZERO));
    }
    return specs;
  }

  /** The parameters of the blocks and of the norm after them. */
  static List<ParameterSpec> stackSpecs(StackConfig config) {
    List<ParameterSpec> specs = new ArrayList<>();
    long d = config.width();
    long h = config.hidden();
    boolean bias = config.feedForwardBias();
    // What the blocks add to the stream starts small, so that it does not grow with their number
    // (Radford et al., "Language Models are Unsupervised Multitask Learners", 2019).
    double addedScale = 1 / Math.sqrt(2.0 * Math.max(1, config.blocks()));
    for (int i = 0; i < config.blocks(); i++) {
      String block = block(i);
      addNorm(specs, block + ".norm", config);
      if (config.feedForward().gated()) {
        addLinear(specs, config, block + ".gate", h, d, bias, 1);
        addLinear(specs, config, block + ".up", h, d, bias, 1);
        addLinear(specs, config, block + ".down", d, h, bias, addedScale);
      } else {
        addLinear(specs, config, block + ".fc1", h, d, bias, 1);
        addLinear(specs, config, block + ".fc2", d, h, bias, addedScale);
      }
    }
    if (config.normPlacement() == NormPlacement.PRE) {
      addNorm(specs, FINAL_NORM, config);
    }
    return specs;
  }

  private static void addNorm(List<ParameterSpec> specs, String name, StackConfig config) {
    Shape shape = Shape.of(config.width());
    specs.add(new ParameterSpec(name + ".weight", shape, Kind.VECTOR, ONE));
    if (config.norm() == NormKind.LAYERNORM) {
      specs.add(new ParameterSpec(name + ".bias", shape, Kind.VECTOR, ZERO));
    }
  }

  private static void addLinear(
      List<ParameterSpec> specs,
      StackConfig config,
      String name,
      long out,
      long in,
      boolean bias,
      double scale) {
    addMatrix(specs, config, name, out, in, scale);
    if (bias) {
      specs.add(new ParameterSpec(name + ".bias", Shape.of(out), Kind.VECTOR, ZERO));
    }
  }

  private static void addMatrix(
      List<ParameterSpec> specs, StackConfig config, String name, long out, long in, double scale) {
    Initializer normal = new Initializer.Normal(scale * config.initialization().deviation(in, out));
    specs.add(new ParameterSpec(name + ".weight", Shape.of(out, in), Kind.MATRIX, normal));
  }
}
