package dev.lockstep.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

class LanguageModelConfigTests {
  private static final LanguageModelConfig DEFAULTS = LanguageModelConfig.defaults();

  @Test
  void theDefaultModelHasTheSizeTheReadmeNames() {
    assertThat(DEFAULTS.parameterCount()).isEqualTo(402_176);
    // (512·128 + 2·3·128·384 + 128·256) weights, 256 rows, 2 operations forward and 4 backward.
    assertThat(DEFAULTS.flopsPerStep(256)).isEqualTo(603_979_776L);
  }

  @Test
  void parameterNamesAreThoseOfTheGoldens() {
    assertThat(ModelParameters.specs(DEFAULTS))
        .extracting(ParameterSpec::name)
        .containsExactly(
            "emb.weight",
            "in.weight",
            "in.bias",
            "blocks.0.norm.weight",
            "blocks.0.gate.weight",
            "blocks.0.up.weight",
            "blocks.0.down.weight",
            "blocks.1.norm.weight",
            "blocks.1.gate.weight",
            "blocks.1.up.weight",
            "blocks.1.down.weight",
            "final_norm.weight",
            "head.weight",
            "head.bias");
  }

  @Test
  void aTiedHeadAddsNoMatrixAndLayerNormAddsBiases() {
    LanguageModelConfig tied = DEFAULTS.toBuilder().embedding(128).tiedHead(true).build();
    LanguageModelConfig untied = DEFAULTS.toBuilder().embedding(128).build();
    assertThat(untied.parameterCount() - tied.parameterCount()).isEqualTo(256 * 128);
    LanguageModelConfig layerNorm = DEFAULTS.toBuilder().norm(NormKind.LAYERNORM).build();
    assertThat(layerNorm.parameterCount() - DEFAULTS.parameterCount()).isEqualTo(3 * 128);
    LanguageModelConfig plain = DEFAULTS.toBuilder().feedForward(FeedForwardKind.GELU).build();
    assertThat(DEFAULTS.parameterCount() - plain.parameterCount()).isEqualTo(2 * 128 * 384);
    assertThat(DEFAULTS.flopsPerStep(1) - plain.flopsPerStep(1)).isEqualTo(6 * 2 * 128 * 384);
  }

  @Test
  void describesEveryKnob() {
    assertThat(DEFAULTS.describe())
        .hasSize(
            LanguageModelConfig.class.getRecordComponents().length
                - 1 // the blocks, listed by their own components
                + StackConfig.class.getRecordComponents().length)
        .containsEntry("norm", "rmsnorm")
        .containsEntry("feedForward", "swiglu");
  }

  @Test
  void isWhatItsDescriptionDescribes() {
    LanguageModelConfig other =
        DEFAULTS.toBuilder()
            .context(3)
            .embedding(9)
            .width(9)
            .hidden(7)
            .blocks(5)
            .norm(NormKind.LAYERNORM)
            .feedForward(FeedForwardKind.GLU)
            .feedForwardBias(true)
            .tiedHead(true)
            .normEpsilon(1e-3)
            .normPlacement(NormPlacement.POST)
            .initialization(Initialization.HE)
            .dropout(0.25)
            .build();
    assertThat(LanguageModelConfig.of(other.describe())).isEqualTo(other);
    assertThat(LanguageModelConfig.of(Map.of())).isEqualTo(DEFAULTS);
  }

  /** The deviations of the goldens' initialisation case, in closed form. */
  @Test
  void weightsAreDrawnWithTheDeviationAskedFor() {
    assertThat(deviation(Initialization.LECUN)).isEqualTo(1 / Math.sqrt(128));
    assertThat(deviation(Initialization.XAVIER)).isEqualTo(Math.sqrt(2.0 / (128 + 384)));
    assertThat(deviation(Initialization.HE)).isEqualTo(Math.sqrt(2.0 / 128));
    assertThat(deviation(Initialization.GPT2)).isEqualTo(0.02);
  }

  private static double deviation(Initialization initialization) {
    LanguageModelConfig config = DEFAULTS.toBuilder().initialization(initialization).build();
    ParameterSpec gate =
        ModelParameters.specs(config).stream()
            .filter(spec -> spec.name().equals("blocks.1.gate.weight"))
            .findFirst()
            .orElseThrow();
    return ((Initializer.Normal) gate.initializer()).standardDeviation();
  }

  @Test
  void refusesWhatIsNoModel() {
    refused(b -> b.context(0), "context 0 must be from 1 to 16777216");
    refused(b -> b.embedding(0), "embedding 0 must be from 1 to 16777216");
    refused(b -> b.width(-1), "width -1 must be from 1 to 16777216");
    refused(b -> b.hidden(1 << 25), "hidden 33554432 must be from 1 to 16777216");
    refused(b -> b.blocks(-1), "blocks -1 must be from 0 to 16777216");
    refused(b -> b.tiedHead(true), "a tied head needs embedding = width, not 32 and 128");
    refused(b -> b.normEpsilon(0), "norm epsilon 0.0 must be above 0 and below 1");
    refused(b -> b.dropout(1), "dropout 1.0 must be at least 0 and below 1");
    refused(b -> b.normEpsilon(Double.NaN), "norm epsilon NaN must be above 0 and below 1");
    assertThatThrownBy(() -> NormKind.of("batchnorm"))
        .hasMessage("unknown norm \"batchnorm\"; known: rmsnorm, layernorm");
    assertThatThrownBy(() -> FeedForwardKind.of("moe"))
        .hasMessage(
            "unknown feed-forward \"moe\"; known: swiglu, geglu, reglu, geglu_tanh, glu,"
                + " bilinear, gelu, gelu_tanh, silu, relu, leaky_relu, tanh, sigmoid");
  }

  private static void refused(UnaryOperator<LanguageModelConfig.Builder> change, String message) {
    assertThatThrownBy(() -> change.apply(DEFAULTS.toBuilder()).build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(message);
  }
}
