package dev.lockstep.check;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.device.Device;
import dev.lockstep.device.DeviceOptions;
import dev.lockstep.device.Devices;
import dev.lockstep.numeric.DType;
import dev.lockstep.tensor.Shape;
import dev.lockstep.tensor.Tensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Each mistake a kernel can make with memory is made here by a real kernel. */
class TrialOnSimulatorTests {
  private Device device;
  private Bench bench;
  private Trial trial;

  @BeforeEach
  void open() {
    device = Devices.open("sim", DeviceOptions.defaults().withSanitize(true)).device();
    bench = new Bench(device);
    trial = new Trial(device, bench.stream, false);
  }

  @AfterEach
  void close() {
    trial.close();
    bench.close();
    device.close();
  }

  /** A view of a tensor's memory, moved and longer or shorter by some elements. */
  private static Tensor moved(Tensor tensor, int by, int count) {
    return Tensor.view(
        tensor.buffer(),
        tensor.byteOffset() + (long) by * tensor.dtype().byteSize(),
        tensor.dtype(),
        Shape.of(count));
  }

  @ParameterizedTest
  @EnumSource(
      value = DType.class,
      names = {"F32", "BF16", "F16"})
  void writingPastTheEndIsSeen(DType dtype) {
    Tensor y = trial.output("y", dtype, 10);
    bench.fill.fill(bench.stream, y, 1);
    assertThatCode(trial::verify).doesNotThrowAnyException();
    bench.fill.fill(bench.stream, moved(y, 0, 11), 1);
    assertThatThrownBy(trial::verify)
        .isInstanceOf(CheckFailure.class)
        .hasMessage("y: a kernel wrote outside, 0 bytes past the end of it");
  }

  @Test
  void writingBeforeTheStartIsSeen() {
    Tensor y = trial.output("y", DType.F32, 10);
    bench.fill.fill(bench.stream, moved(y, -1, 1), 1);
    assertThatThrownBy(trial::verify).hasMessage("y: a kernel wrote outside, 4 bytes before it");
  }

  @Test
  void changingAnInputIsSeen() {
    Tensor x = trial.input("x", DType.F32, new HostArray(new double[] {1, 2, 3}, 3));
    assertThatCode(trial::verify).doesNotThrowAnyException();
    bench.fill.fill(bench.stream, moved(x, 2, 1), 4);
    assertThatThrownBy(trial::verify)
        // 3 is 0x40400000 and 4 is 0x40800000: they differ in the third byte.
        .hasMessage("x: a kernel changed byte 10 of this input");
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void whatNobodyWroteIsNaN(boolean misaligned) {
    try (Trial other = new Trial(device, bench.stream, misaligned)) {
      Tensor y = other.output("y", DType.BF16, 3);
      bench.fill.fill(bench.stream, moved(y, 0, 2), 1);
      assertThat(other.read(y)).containsExactly(1, 1, Double.NaN);
      assertThat(y.address() % 16).isEqualTo(misaligned ? 2 : 0);
      other.verify();
    }
  }

  @Test
  void overwritingAnAccumulatorIsSeen() {
    Tensor sum = trial.accumulator("dWeight", 4);
    assertThat(trial.accumulated(sum)).containsOnly(0);
    bench.fill.fill(bench.stream, sum, 2);
    assertThat(trial.accumulated(sum)).containsOnly(2 - Trial.ACCUMULATOR_START);
  }
}
