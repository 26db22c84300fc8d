package dev.lockstep.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import dev.lockstep.device.DeviceException;
import dev.lockstep.device.DeviceOptions;
import dev.lockstep.device.DeviceProvider;
import dev.lockstep.device.Devices;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The ways in which CUDA can be absent, each met for real. */
class CudaSystemTests {
  private static final String NATIVES = "libJCudaDriver-12.6.0-linux-x86_64.so";

  @ParameterizedTest
  @CsvSource({
    "libnvidia-of-no-machine.so.7, libnvidia-of-no-machine.so.7 was not found",
    "libm.so.6, libm.so.6 has no cuLaunchKernel",
  })
  @EnabledOnOs(value = OS.LINUX, architectures = "amd64")
  void saysWhichDriverLibraryIsMissing(String library, String reason) {
    assertThat(CudaSystem.probe(NATIVES, library))
        .asInstanceOf(type(CudaSystem.Missing.class))
        .extracting(CudaSystem.Missing::reason)
        .asString()
        .startsWith("no NVIDIA driver: " + reason)
        .doesNotContain("\n");
  }

  @Test
  void saysThatJCudaHasNothingForThisOperatingSystem() {
    String natives = "libJCudaDriver-12.6.0-apple-aarch64.dylib";
    assertThat(CudaSystem.probe(natives, "libcuda.so.1"))
        .asInstanceOf(type(CudaSystem.Missing.class))
        .extracting(CudaSystem.Missing::reason)
        .asString()
        .contains("no native library for this machine", natives, "x86-64");
  }

  @Test
  void givesTheSameReasonEveryTime() {
    DeviceProvider.Availability first = new CudaDeviceProvider().availability();
    assertThat(first.reason()).isNotBlank().doesNotContain("\n");
    assertThat(new CudaDeviceProvider().availability()).isEqualTo(first);
  }

  @Test
  void isFoundByNameAndRefusesWithTheReason() {
    assertThat(Devices.providers()).anyMatch(CudaDeviceProvider.class::isInstance);
    DeviceProvider.Availability answer = new CudaDeviceProvider().availability();
    Assumptions.assumeFalse(answer.available(), "this machine has a GPU");
    assertThatThrownBy(() -> Devices.open("cuda", DeviceOptions.defaults()))
        .isInstanceOf(DeviceException.class)
        .hasMessageContaining("cuda")
        .hasMessageContaining(answer.reason());
    assertThatThrownBy(() -> new CudaDeviceProvider().open(DeviceOptions.defaults()))
        .isInstanceOf(DeviceException.class)
        .hasMessage(answer.reason());
  }

  @ParameterizedTest
  @CsvSource({"2, 0, threads (2)", "0, 1000, stepLimit (1000)"})
  void refusesTheSimulatorsOptionsByName(int threads, long stepLimit, String named) {
    assertThatThrownBy(
            () ->
                new CudaDeviceProvider()
                    .open(DeviceOptions.defaults().withThreads(threads).withStepLimit(stepLimit)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(named)
        .hasMessageContaining("cuda");
  }
}
