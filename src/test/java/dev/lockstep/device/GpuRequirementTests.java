package dev.lockstep.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;

/** When tests that need a GPU run, are skipped, or fail. */
class GpuRequirementTests {
  private static final DeviceProvider.Availability NONE =
      new DeviceProvider.Availability(false, "libcuda.so.1 was not found");
  private static final DeviceProvider.Availability ONE =
      new DeviceProvider.Availability(true, "found one");

  @Test
  void withoutAGpuTheyAreSkippedWithTheReason() {
    ConditionEvaluationResult answer = OnGpu.Gpu.answer(NONE, false);
    assertThat(answer.isDisabled()).isTrue();
    assertThat(answer.getReason()).hasValue("libcuda.so.1 was not found");
  }

  @Test
  void withoutAGpuThatIsRequiredTheyFailWithTheReason() {
    assertThatThrownBy(() -> OnGpu.Gpu.answer(NONE, true))
        .isInstanceOf(AssertionError.class)
        .hasMessage(
            "there is no GPU, which -Drequire.gpu=true asks for: libcuda.so.1 was not found");
  }

  @Test
  void withAGpuTheyRun() {
    assertThat(OnGpu.Gpu.answer(ONE, false).isDisabled()).isFalse();
    assertThat(OnGpu.Gpu.answer(ONE, true).isDisabled()).isFalse();
  }

  /** A test that has a subclass for the simulator and one for the stand-in has one for a GPU. */
  @Test
  void whatRunsOnTheStandInRunsOnAGpuToo() throws IOException {
    try (Stream<Path> files = Files.walk(Path.of("src/test/java"))) {
      List<Path> onStandIn =
          files
              .filter(file -> file.toString().endsWith("OnCudaTests.java"))
              .filter(file -> Files.exists(twin(file, "OnSimulatorTests")))
              .toList();
      assertThat(onStandIn).hasSizeGreaterThan(20);
      assertThat(onStandIn)
          .allSatisfy(file -> assertThat(twin(file, "OnGpuTests")).content().contains("@OnGpu\n"));
    }
  }

  private static Path twin(Path file, String suffix) {
    String name = file.getFileName().toString();
    return file.resolveSibling(name.replace("OnCudaTests", suffix));
  }
}
