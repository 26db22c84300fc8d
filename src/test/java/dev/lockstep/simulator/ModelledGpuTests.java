package dev.lockstep.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.device.DeviceException;
import dev.lockstep.device.DeviceOptions;
import dev.lockstep.device.KernelImage;
import dev.lockstep.device.Launch;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What kernels and launches see of the GPU that is modelled. */
class ModelledGpuTests {
  @Test
  void blocksAreDealtToItsMultiprocessorsInTurn() {
    try (Lab lab = on("l4")) {
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
      assertThat(out).isEqualTo(IntStream.range(0, 90).map(b -> 58_000 + b % 58).toArray());
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

  /** The rules of PTX for targets, by model; nobody having named one, all is loaded. */
  @ParameterizedTest
  @CsvSource({
    "t4, sm_75, true",
    "t4, sm_70, true",
    "t4, sm_80, false",
    "v100, sm_75, false",
    "a100, sm_80, true",
    "a100, sm_90, false",
    "a100, sm_90a, false",
    "h100, sm_90, true",
    "h100, sm_90a, true",
    "h100, sm_89, true",
    "h100, sm_100, false",
    "b200, sm_90, true",
    "b200, sm_90a, false",
    "b200, sm_100a, true",
    "b200, sm_100f, true",
    "b200, sm_103f, false",
  })
  void aNamedModelRunsWhatWasCompiledForItOrAnOlderOne(String gpu, String target, boolean runs) {
    KernelImage image =
        KernelImage.ofPtx(
            "there", ".version 8.8\n.target " + target + "\n.address_size 64\n.entry k() { ret; }");
    try (Lab lab = on(gpu);
        Lab unnamed = new Lab()) {
      if (runs) {
        assertThat(lab.device.load(image).entries()).containsExactly("k");
      } else {
        assertThatThrownBy(() -> lab.device.load(image))
            .isInstanceOf(DeviceException.class)
            .hasMessageContaining("image there: its PTX is for " + target + ", which the modelled")
            .hasMessageContaining(gpu + " (sm_");
      }
      assertThat(unnamed.device.load(image).entries()).containsExactly("k");
    }
  }

  private static Lab on(String gpu) {
    return new Lab(DeviceOptions.defaults().withThreads(2).withGpu(gpu));
  }
}
