package dev.lockstep.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.data.Batch;
import dev.lockstep.device.LateDevice;
import dev.lockstep.device.RecordingDevice;
import dev.lockstep.device.Stream;
import dev.lockstep.nn.LanguageModelConfig;
import dev.lockstep.numeric.DType;
import dev.lockstep.tensor.Shape;
import dev.lockstep.tensor.Tensor;
import dev.lockstep.tensor.TensorArena;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Inputs reach their step, and no other, however far the device is behind. */
class StepInputsTests {
  private static final int STEPS = 12;

  private static final TrainConfig CONFIG =
      TrainConfig.builder()
          .model(LanguageModelConfig.builder().context(3).build())
          .batch(2)
          .accumulation(2)
          .build();

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20})
  void everyStepReadsItsOwnInAnyOrderThatEventsAllow(long seed) {
    LateDevice device = new LateDevice(new RecordingDevice(), seed);
    try (TensorArena arena = new TensorArena();
        Stream stream = device.newStream();
        StepInputs inputs = new StepInputs(device, CONFIG, STEPS, device.newStream())) {
      Tensor read = arena.tensor(DType.F32, Shape.of(STEPS));
      arena.allocate(device);
      for (int step = 0; step < STEPS; step++) {
        int slot = step % StepInputs.SLOTS;
        inputs.send(stream, step, slot, step + 0.5f);
        read.slice(step, 1).copyFrom(stream, inputs.learningRate(slot));
        inputs.release(stream, slot);
      }
      List<Float> expected = new ArrayList<>();
      List<Float> got = new ArrayList<>();
      float[] values = read.toFloats(stream);
      for (int step = 0; step < STEPS; step++) {
        expected.add(step + 0.5f);
        got.add(values[step]);
      }
      assertThat(got).isEqualTo(expected);
    }
  }

  @Test
  void batchesOfAllPlacesAndPassesLieApart() {
    try (RecordingDevice device = new RecordingDevice();
        StepInputs inputs = new StepInputs(device, CONFIG, STEPS, device.newStream())) {
      List<Batch> all = new ArrayList<>();
      for (int place = 0; place < STEPS; place++) {
        for (int pass = 0; pass < CONFIG.accumulation(); pass++) {
          Batch batch = inputs.batch(place, pass);
          assertThat(batch.inputs().byteSize()).isEqualTo(2 * 3 * Integer.BYTES);
          assertThat(batch.targets().byteSize()).isEqualTo(2 * Integer.BYTES);
          batch.inputs().fill((byte) all.size());
          batch.targets().fill((byte) (100 + all.size()));
          all.add(batch);
        }
      }
      for (int i = 0; i < all.size(); i++) {
        assertThat(all.get(i).inputs().toArray(ValueLayout.JAVA_BYTE)).containsOnly(i);
        assertThat(all.get(i).targets().toArray(ValueLayout.JAVA_BYTE)).containsOnly(100 + i);
      }
    }
  }

  @Test
  void aLearningRateNoStepCanGoByIsRefused() {
    try (RecordingDevice device = new RecordingDevice();
        Stream stream = device.newStream();
        StepInputs inputs = new StepInputs(device, CONFIG, STEPS, device.newStream())) {
      assertThatThrownBy(() -> inputs.send(stream, 0, 0, Float.NaN))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("learning rate NaN must be finite and at least 0");
    }
  }
}
