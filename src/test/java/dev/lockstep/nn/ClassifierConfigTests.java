package dev.lockstep.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;

class ClassifierConfigTests {
  private static final ClassifierConfig DEFAULTS = ClassifierConfig.defaults();

  @Test
  void theDefaultModelReadsAnImageAndNamesADigit() {
    assertThat(DEFAULTS.parameterCount()).isEqualTo(397_066);
    assertThat(DEFAULTS.specs())
        .extracting(ParameterSpec::name)
        .startsWith("in.weight", "in.bias", "blocks.0.norm.weight")
        .endsWith("final_norm.weight", "head.weight", "head.bias");
    // Of the pixels nobody wants the gradient: two products of 784·128 weights, three of the rest.
    long rest = 2 * 3 * 128 * 384 + 128 * 10;
    assertThat(DEFAULTS.flopsPerStep(256)).isEqualTo(256L * (4 * 784 * 128 + 6 * rest));
  }

  @Test
  void isWhatItsDescriptionDescribes() {
    ClassifierConfig other =
        DEFAULTS.toBuilder()
            .features(64)
            .classes(3)
            .width(9)
            .hidden(7)
            .blocks(5)
            .norm(NormKind.LAYERNORM)
            .feedForward(FeedForwardKind.GELU)
            .feedForwardBias(true)
            .normEpsilon(1e-3)
            .normPlacement(NormPlacement.POST)
            .initialization(Initialization.HE)
            .dropout(0.25)
            .build();
    assertThat(ClassifierConfig.of(other.describe())).isEqualTo(other);
    assertThat(ClassifierConfig.of(Map.of())).isEqualTo(DEFAULTS);
    assertThat(other.describe())
        .hasSize(
            ClassifierConfig.class.getRecordComponents().length
                - 1 // the blocks, listed by their own components
                + StackConfig.class.getRecordComponents().length);
  }

  @Test
  void refusesWhatIsNoModel() {
    assertThatThrownBy(() -> DEFAULTS.toBuilder().features(0).build())
        .hasMessage("features 0 must be from 1 to 16777216");
    assertThatThrownBy(() -> DEFAULTS.toBuilder().classes(-1).build())
        .hasMessage("classes -1 must be from 1 to 16777216");
    assertThatThrownBy(() -> DEFAULTS.toBuilder().dropout(1).build())
        .hasMessage("dropout 1.0 must be at least 0 and below 1");
  }
}
