package dev.lockstep.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.device.DeviceException;
import dev.lockstep.device.DeviceOptions;
import dev.lockstep.device.Launch;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What kernels and launches see of the GPU that is modelled. */
class ModelledGpuTests {
  @Test
  void blocksAreDealtToItsMultiprocessorsInTurn() {
    try (Lab lab = on("t4")) {
      int[] out =
          lab.run(
              Launch.of(90, 1),
              """
              mov.u32 %r1, %smid;
              mov.u32 %r2, %nsmid;
              mad.lo.u32 %r1, %r2, 1000, %r1;
              st.global.u32 [%mine], %r1;
              """,
              90,
              new int[0],
              0);
      assertThat(out).isEqualTo(IntStream.range(0, 90).map(b -> 40_000 + b % 40).toArray());
    }
  }

  @Test
  void aBlockMayHaveAllTheSharedMemoryTheModelHas() {
    try (Lab lab = on("h100")) {
      int[] out =
          lab.declare(".extern .shared .b32 s[];")
              .run(
                  Lab.launch(1, 32, 227 * 1024),
                  "st.shared.u32 [s + 232444], %t; ld.shared.u32 %r1, [s + 232444];"
                      + " st.global.u32 [%mine], %r1;",
                  32,
                  new int[0],
                  0);
      assertThat(out[5]).isEqualTo(31);
    }
  }

  @Test
  void moreSharedMemoryThanItHasIsRefused() {
    try (Lab lab = on("rtx3090")) {
      assertThatThrownBy(() -> lab.run(Lab.launch(1, 32, 99 * 1024 + 1), "", 32, new int[0], 0))
          .isInstanceOf(DeviceException.class)
          .hasMessage(
              "k needs 101377 bytes of shared memory per block, at most 101376 on the rtx3090");
    }
  }

  @Test
  void moreMemoryThanItHasIsRefused() {
    try (Lab lab = on("l4")) {
      assertThatThrownBy(() -> lab.device.allocate(25L << 30))
          .isInstanceOf(DeviceException.class)
          .hasMessage(
              "no memory for 26843545600 bytes: of the 25769803776 bytes of the l4,"
                  + " 25769803776 are free");
    }
  }

  @Test
  void theDeviceSaysWhatItModels() {
    try (Lab lab = on("rtx4090")) {
      assertThat(lab.device.info().name()).contains("NVIDIA GeForce RTX 4090");
      assertThat(lab.device.info().computeCapability()).isEqualTo("8.9");
      assertThat(lab.device.info().multiprocessors()).isEqualTo(128);
      assertThat(lab.device.info().memoryBytes()).isEqualTo(24L << 30);
    }
  }

  private static Lab on(String gpu) {
    return new Lab(DeviceOptions.defaults().withThreads(2).withGpu(gpu));
  }
}
