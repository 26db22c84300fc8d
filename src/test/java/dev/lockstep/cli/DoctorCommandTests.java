package dev.lockstep.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.device.DeviceProvider;
import dev.lockstep.device.Devices;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class DoctorCommandTests {
  @Test
  void namesJavaToolsAndTheReasonOfEveryDevice() {
    Run run = Run.lockstep("doctor");
    assertThat(run.err()).isEmpty();
    assertThat(run.out())
        .contains(System.getProperty("java.home"), System.getProperty("os.arch"), "GiB", "nvcc");
    for (DeviceProvider provider : Devices.providers()) {
      DeviceProvider.Availability answer = provider.availability();
      assertThat(run.out().lines())
          .as("line of device %s", provider.name())
          .anyMatch(
              line ->
                  line.startsWith("device " + provider.name())
                      && line.contains(answer.available() ? " yes: " : " no: ")
                      && line.contains(answer.reason()));
    }
  }

  @Test
  void listsThePackagedKernelsAndFindsThemAsCompiled() {
    assertThat(PackagedKernels.inspect())
        .isNotEmpty()
        .allSatisfy(
            image -> {
              assertThat(image.current()).as(image.name()).isTrue();
              assertThat(image.entries()).as(image.name()).isPositive();
              assertThat(Run.lockstep("doctor").out()).contains(image.name());
            });
  }

  @Test
  void isWellWhereADeviceRuns() {
    boolean any = Devices.providers().stream().anyMatch(each -> each.availability().available());
    assertThat(Run.lockstep("doctor").code()).isEqualTo(any ? 0 : 1);
  }

  @Test
  void writesWhatItFoundAsJson(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("machine.json");
    Run run = Run.lockstep("doctor", "--json", file.toString());
    JsonNode report = JsonMapper.shared().readTree(Files.readAllBytes(file));
    assertThat(report.propertyNames())
        .containsExactlyInAnyOrder(
            "version", "machine", "tools", "devices", "auto", "why", "kernels");
    assertThat(report.get("devices")).hasSameSizeAs(Devices.providers());
    assertThat(run.out()).contains(report.get("machine").get("java").asString());
  }

  @Test
  void findsAnUnwritableJsonPathBeforeItPrints(@TempDir Path folder) {
    Run run = Run.lockstep("doctor", "--json", folder.toString());
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.out()).isEmpty();
    assertThat(run.errLines()).singleElement().asString().contains("--json", folder.toString());
  }
}
