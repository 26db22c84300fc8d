package dev.lockstep.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lockstep.nn.ClassifierConfig;
import dev.lockstep.nn.LanguageModelConfig;
import dev.lockstep.nn.StackConfig;
import dev.lockstep.optim.LossScaler;
import dev.lockstep.optim.OptimizerConfig;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

class TrainConfigTests {
  @Test
  void theDefaultsAreTheRecipe() {
    TrainConfig config = TrainConfig.builder().build();
    assertThat(config.steps()).isEqualTo(300);
    assertThat(config.rowsPerStep()).isEqualTo(256);
    assertThat(config.precision()).isEqualTo(Precision.BF16);
    assertThat(config.schedule().at(29)).isEqualTo(3e-3);
    assertThat(config.schedule().at(300)).isCloseTo(3e-4, within(1e-15));
    assertThat(config.optimizer().weightDecay()).isEqualTo(0.1);
    assertThat(config.optimizer().clipNorm()).isEqualTo(1);
  }

  @Test
  void describesEveryKnob() {
    int knobs =
        ComputeConfig.class.getRecordComponents().length
            - 1 // the scaler, listed by its own components
            + InputConfig.class.getRecordComponents().length
            + RateConfig.class.getRecordComponents().length
            + RunConfig.class.getRecordComponents().length
            + LanguageModelConfig.class.getRecordComponents().length
            - 1 // the blocks, listed by their own components
            + StackConfig.class.getRecordComponents().length
            + 1 // the task
            + OptimizerConfig.class.getRecordComponents().length
            + LossScaler.Config.class.getRecordComponents().length
            - 2; // its bounds are no choice
    assertThat(TrainConfig.builder().build().describe())
        .hasSize(knobs)
        .containsEntry("model.context", "16")
        .containsEntry("weightDecayScope", "matrices")
        .containsEntry("headMemory", "268435456")
        .containsEntry("data", "licence texts of the JDK");
  }

  @Test
  void refusesWhatIsOutOfBounds() {
    refused(b -> b.steps(0), "steps 0 must be at least 1");
    refused(b -> b.batch(0), "batch 0 must be at least 1");
    refused(b -> b.accumulation(-1), "accumulation -1 must be at least 1");
    refused(
        b -> b.batch(65_536).accumulation(65_536),
        "batch 65536 times accumulation 65536 must stay below 2^31");
    refused(
        b -> b.headMemory(511),
        "head memory 511 must be at least 512, the bytes of one row of 256 logits in bf16");
    refused(b -> b.patience(1), "patience 1 needs a validation interval above 0, not 0");
    refused(b -> b.clipValue(-1), "clip value -1.0 must be finite and at least 0");
    refused(b -> b.momentum(1.5), "momentum 1.5 must be from 0 to 1");
    refused(b -> b.logEvery(0), "log interval 0 must be at least 1");
    refused(b -> b.checkpointEvery(-1), "checkpoint interval -1 must be at least 0");
    refused(b -> b.sampleLength(-1), "sample length -1 must be at least 0");
    refused(b -> b.clipNorm(-1), "clip norm -1.0 must be finite and at least 0");
    refused(b -> b.temperature(Double.NaN), "temperature NaN must be finite and at least 0");
    refused(b -> b.learningRate(-1), "learning rate -1.0 must be finite and at least 0");
    refused(b -> b.beta1(1), "beta1 1.0 must be at least 0 and below 1");
    refused(b -> b.epsilon(0), "eps 0.0 must be finite and positive");
    refused(b -> b.weightDecay(-0.5), "weightDecay -0.5 must be finite and at least 0");
    refused(
        b -> b.model(ClassifierConfig.defaults()).headMemory(1 << 20),
        "head memory 1048576 belongs to task text, not to task classify");
    refused(
        b -> b.model(ClassifierConfig.defaults()).sampleLength(0),
        "sample length 0 belongs to task text, not to task classify");
    refused(
        b -> b.model(ClassifierConfig.defaults()).temperature(1),
        "temperature 1.0 belongs to task text, not to task classify");
    assertThatThrownBy(() -> Precision.of("fp64"))
        .hasMessage("unknown precision \"fp64\"; known: bf16, fp16, tf32, fp32");
  }

  private static void refused(UnaryOperator<TrainConfig.Builder> change, String message) {
    assertThatThrownBy(() -> change.apply(TrainConfig.builder()).build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(message);
  }
}
