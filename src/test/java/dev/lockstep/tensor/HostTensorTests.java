package dev.lockstep.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.device.RecordingDevice;
import dev.lockstep.device.Stream;
import dev.lockstep.numeric.DType;
import java.lang.foreign.ValueLayout;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class HostTensorTests {
  @ParameterizedTest
  @EnumSource(names = {"F16", "BF16"})
  void everyBitPatternThatIsANumberSurvivesBothWays(DType dtype) {
    try (HostTensor numbers = new HostTensor(dtype, Shape.of(65_536));
        HostTensor copy = new HostTensor(dtype, Shape.of(65_536))) {
      IntStream.range(0, 65_536)
          .forEach(i -> numbers.segment().setAtIndex(ValueLayout.JAVA_SHORT, i, (short) i));
      copy.put(numbers.toFloats());
      for (int i = 0; i < 65_536; i++) {
        if (!Double.isNaN(numbers.get(i))) {
          short bits = copy.segment().getAtIndex(ValueLayout.JAVA_SHORT, i);
          assertThat(bits).isEqualTo((short) i);
        } else {
          assertThat(copy.get(i)).isNaN();
        }
      }
    }
  }

  @Test
  void oneStagingAreaServesManyCopies() {
    try (RecordingDevice device = new RecordingDevice();
        Stream stream = device.newStream();
        TensorArena arena = new TensorArena();
        HostTensor staging = new HostTensor(DType.I32, Shape.of(2))) {
      Tensor ids = arena.tensor(DType.I32, Shape.of(2));
      arena.allocate(device);
      for (int batch = 0; batch < 3; batch++) {
        staging.setInt(0, batch);
        staging.setInt(1, -batch);
        ids.copyFrom(stream, staging);
        assertThat(ids.toInts(stream)).containsExactly(batch, -batch);
      }
    }
  }

  @Test
  void anElementPastTheEndIsRefused() {
    try (HostTensor tensor = new HostTensor(DType.F32, Shape.of(2))) {
      assertThatThrownBy(() -> tensor.set(2, 1.0)).isInstanceOf(IndexOutOfBoundsException.class);
    }
  }

  @Test
  void closingTwiceIsHarmlessAndUseAfterwardsIsRefused() {
    HostTensor tensor = new HostTensor(DType.F32, Shape.of(2));
    tensor.close();
    tensor.close();
    assertThatThrownBy(() -> tensor.get(0)).isInstanceOf(IllegalStateException.class);
  }
}
