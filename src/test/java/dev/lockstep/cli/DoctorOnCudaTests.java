package dev.lockstep.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.cuda.standin.OnStandIn;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What {@code doctor} finds where there is a driver, as machines read it. */
@OnStandIn
class DoctorOnCudaTests {
  @Test
  void theJsonNamesEachPartOfCudaAndWhereItLies(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("machine.json");
    assertThat(Run.lockstep("doctor", "--json", file.toString()).code()).isZero();
    JsonNode report = JsonMapper.shared().readTree(Files.readAllBytes(file));
    JsonNode cuda = device(report, "cuda");
    assertThat(cuda.get("available").asBoolean()).isTrue();
    assertThat(cuda.get("reason").asString()).contains("stand-in", "compute capability 8.0");
    Map<String, String> parts = new HashMap<>();
    for (JsonNode part : cuda.get("parts")) {
      assertThat(part.get("usable").asBoolean()).as(part.toString()).isTrue();
      parts.put(part.get("name").asString(), part.toString());
    }
    assertThat(parts).containsOnlyKeys("driver", "gpu 0", "jcuda", "cuBLAS", "cublasLt");
    assertThat(parts.get("driver")).contains("/libcuda.so.1", "for CUDA 13.0");
    assertThat(parts.get("gpu 0")).contains("compute capability 8.0", "MHz");
    assertThat(parts.get("jcuda")).contains("12.6.0", "built for CUDA 12.0");
    assertThat(parts.get("cuBLAS")).contains("/libcublas.so.12");
    assertThat(report.get("auto").asString()).isEqualTo("sim");
    assertThat(report.get("why").asString()).contains("asked for by name");
  }

  private static JsonNode device(JsonNode report, String name) {
    for (JsonNode device : report.get("devices")) {
      if (device.get("name").asString().equals(name)) {
        return device;
      }
    }
    throw new AssertionError("there is no device " + name);
  }
}
