package dev.lockstep.cuda.standin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lockstep.device.Device;
import dev.lockstep.device.DeviceOptions;
import dev.lockstep.device.DeviceProvider;
import dev.lockstep.device.Devices;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The instrument itself: found under its name, never mistaken for a GPU, hard to break. */
@OnStandIn
class StandInDriverTests {
  private final StandInDriver driver = StandInDriver.get();

  @BeforeEach
  void jcudaIsLoaded() {
    StandInDriver.open().close();
  }

  @AfterEach
  void forgetInterference() {
    driver.calls().reset();
  }

  @Test
  void theDeviceSaysWhatItIs() {
    DeviceProvider cuda =
        Devices.providers().stream().filter(p -> p.name().equals("cuda")).findFirst().orElseThrow();
    assertThat(cuda.availability().available()).isTrue();
    assertThat(cuda.availability().reason()).contains("stand-in", "simulated");
    try (Device device = StandInDriver.open()) {
      assertThat(device.info().name()).contains("stand-in", "simulated");
      assertThat(device.info().provider()).isEqualTo("cuda");
    }
  }

  @Test
  void autoTakesTheSimulatorInstead() {
    try (Device device = Devices.open("auto", DeviceOptions.defaults()).device()) {
      assertThat(device.info().provider()).isEqualTo("sim");
    }
  }

  @Test
  void aCallNothingStandsForIsRefusedAndNamed() {
    assertThat(JCudaDriver.cuCtxGetLimit(new long[1], 0))
        .isEqualTo(CUresult.CUDA_ERROR_NOT_SUPPORTED);
    assertThat(driver.refused()).containsKey("cuCtxGetLimit");
  }

  @Test
  void anEmptiedCallSucceedsInCAndIsBackAfterwards() {
    try (Device device = StandInDriver.open()) {
      device.allocate(8).close();
      int[] count = new int[1];
      try (StandInDriver.Changed empty = driver.emptied("cuDeviceGetCount")) {
        driver.calls().reset();
        assertThat(JCudaDriver.cuDeviceGetCount(count)).isZero();
        assertThat(count[0]).isZero();
        assertThat(driver.calls().total()).isZero();
      }
      assertThat(JCudaDriver.cuDeviceGetCount(count)).isZero();
      assertThat(count[0]).isOne();
      assertThat(driver.calls().count("cuDeviceGetCount")).isOne();
    }
  }

  @Test
  void anExceptionDoesNotEscapeAnUpcall() {
    RuntimeException thrown = new IllegalStateException("a defect");
    driver
        .calls()
        .interfere(
            (export, nth) -> {
              throw thrown;
            });
    assertThat(JCudaDriver.cuDeviceGetCount(new int[1])).isEqualTo(CUresult.CUDA_ERROR_UNKNOWN);
    assertThat(driver.calls().defects()).containsExactly(thrown);
  }

  /** A symbol JCuda needs and the stand-in lacks would end the process at its first call. */
  @Test
  void theListsNameAllThatJCudaNeeds(@TempDir Path folder)
      throws IOException, InterruptedException {
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/nm")), "there is no nm");
    assertThat(undefined(folder, "libJCudaDriver-12.6.0-linux-x86_64.so", "cu[A-Z].*"))
        .isEqualTo(Files.readAllLines(Path.of("native", "libcuda.symbols")));
    assertThat(undefined(folder, "libJCublas2-12.6.0-linux-x86_64.so", "cublas.*"))
        .filteredOn(name -> !name.startsWith("cublasGetStatus"))
        .isEqualTo(Files.readAllLines(Path.of("native", "libcublas.symbols")));
  }

  private static List<String> undefined(Path folder, String library, String names)
      throws IOException, InterruptedException {
    Path file = folder.resolve(library);
    try (InputStream packed =
        Objects.requireNonNull(StandInDriverTests.class.getResourceAsStream("/lib/" + library))) {
      Files.copy(packed, file, StandardCopyOption.REPLACE_EXISTING);
    }
    Process nm =
        new ProcessBuilder("nm", "-D", "--undefined-only", file.toString())
            .redirectErrorStream(true)
            .start();
    String text = new String(nm.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(nm.waitFor()).as(text).isZero();
    return Stream.of(text.split("\n"))
        .map(line -> line.replaceFirst(".* ", "").replaceFirst("@.*", ""))
        .filter(name -> name.matches(names))
        .toList();
  }
}
