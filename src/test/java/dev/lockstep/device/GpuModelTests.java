package dev.lockstep.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.withinPercentage;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GpuModelTests {
  @Test
  void theDefaultIsModelled() {
    assertThat(GpuModel.named(DeviceOptions.DEFAULT_GPU).multiprocessors()).isEqualTo(108);
  }

  @Test
  void anUnknownNameListsThoseThereAre() {
    assertThatThrownBy(() -> GpuModel.named("voodoo2"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "no GPU \"voodoo2\" is modelled; there are v100, t4, a100, rtx3090, rtx4090, l4, l40s,"
                + " h100, h200, b200");
  }

  /** The programming guide's table in KiB: shared memory per multiprocessor and per block. */
  @ParameterizedTest
  @CsvSource({
    "v100, 7.0, 96, 96, 2048", "t4, 7.5, 64, 64, 1024", "a100, 8.0, 164, 163, 2048",
    "rtx3090, 8.6, 100, 99, 1536", "rtx4090, 8.9, 100, 99, 1536", "h100, 9.0, 228, 227, 2048",
    "b200, 10.0, 228, 227, 2048"
  })
  void limitsAreThoseOfTheComputeCapability(
      String name, String capability, int perSm, int perBlock, int threads) {
    ComputeCapability limits = GpuModel.named(name).capability();
    assertThat(limits).hasToString(capability);
    assertThat(limits.sharedBytesPerSm()).isEqualTo(perSm * 1024);
    assertThat(limits.sharedBytesPerBlock()).isEqualTo(perBlock * 1024);
    assertThat(limits.maxThreadsPerSm()).isEqualTo(threads);
  }

  /** No figure slipped by a power of ten: every GPU does more in f32 than in f64, and so on. */
  @Test
  void ratesAreInOrder() {
    for (GpuModel gpu : GpuModel.all()) {
      GpuModel.Rates rates = gpu.rates();
      assertThat(rates.f32()).as(gpu.name()).isBetween(8e12, 1e14);
      assertThat(rates.f64()).as(gpu.name()).isLessThan(rates.f32());
      assertThat(rates.f16() / rates.f32()).as(gpu.name()).isBetween(1.9, 31.0);
      assertThat(rates.f32() / rates.memory()).as(gpu.name()).isBetween(8.0, 110.0);
    }
  }

  /** What the clock comes to: multiprocessors times four schedulers at the boost clock. */
  @ParameterizedTest
  @CsvSource({
    "v100, 80, 1.53",
    "t4, 40, 1.59",
    "a100, 108, 1.41",
    "rtx3090, 82, 1.695",
    "rtx4090, 128, 2.52",
    "l4, 58, 2.04",
    "l40s, 142, 2.52",
    "h100, 132, 1.98",
    "h200, 132, 1.98"
  })
  void oneInstructionPerSchedulerAndClock(String name, int multiprocessors, double gigahertz) {
    assertThat(GpuModel.named(name).warpInstructions())
        .isCloseTo(multiprocessors * 4 * gigahertz * 1e9, withinPercentage(1));
  }

  @Test
  void aGpuIsRecognisedByWhatItTells() {
    for (GpuModel model : GpuModel.all()) {
      assertThat(GpuModel.of(info(model, 1.0))).hasValue(model);
      // Drivers report a little less than the round number on the box.
      assertThat(GpuModel.of(info(model, 0.94))).hasValue(model);
      assertThat(GpuModel.of(info(model, 0.3))).isEmpty();
    }
    assertThat(GpuModel.of(new DeviceInfo("cuda", "?", "12.0", 170, 32L << 30, 99 << 10)))
        .isEmpty();
  }

  private static DeviceInfo info(GpuModel model, double memory) {
    return new DeviceInfo(
        "cuda",
        "under another name",
        model.capability().toString(),
        model.multiprocessors(),
        (long) (memory * model.memoryBytes()),
        model.capability().sharedBytesPerBlock());
  }
}
