package dev.lockstep.check.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.device.Device;
import dev.lockstep.device.DeviceOptions;
import dev.lockstep.device.Devices;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NvccTests {
  @TempDir private Path folder;
  private Path source;

  @BeforeEach
  void aSource() throws IOException {
    source = folder.resolve("twice.cu");
    Files.writeString(
        source,
        "template <class T> __global__ void twice(T *x) { x[threadIdx.x] *= 2; }\n"
            + "template __global__ void twice<float>(float *);\n");
  }

  private Path script(String name, String body) throws IOException {
    Files.createDirectories(folder.resolve(name).getParent());
    Path script = Files.writeString(folder.resolve(name), "#!/bin/sh\n" + body + "\n");
    Assumptions.assumeTrue(script.toFile().setExecutable(true));
    return script;
  }

  @Test
  void isAskedForTheArchitectureOfTheDevice() throws IOException {
    Path nvcc =
        script("nvcc", "while [ \"$1\" != -o ]; do all=\"$all $1\"; shift; done; echo $all > $2");
    assertThat(Nvcc.compile(nvcc, source, "8.0").strip()).isEqualTo("-ptx -lineinfo -arch=sm_80");
    assertThat(Nvcc.compile(nvcc, source, "9.0").strip()).endsWith("-arch=sm_90a");
    assertThat(Nvcc.compile(nvcc, source, "12.0").strip()).endsWith("-arch=sm_120a");
  }

  @Test
  void whatItSaysIsHandedOn() throws IOException {
    Path nvcc = script("nvcc", "echo 'twice.cu(1): error: no such type' >&2; exit 2");
    assertThatThrownBy(() -> Nvcc.compile(nvcc, source, "8.0"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll("nvcc cannot compile", "twice.cu(1): error: no such type");
  }

  @Test
  void isFoundByNameOnThePathAndInCudasHome() throws IOException {
    Path named = script("special/mycc", "");
    Path onPath = script("path/nvcc", "");
    Path atHome = script("home/bin/nvcc", "");
    Map<String, String> all =
        Map.of(
            "NVCC", named.toString(),
            "PATH", folder.resolve("empty") + ":" + folder.resolve("path"),
            "CUDA_HOME", folder.resolve("home").toString());
    assertThat(Nvcc.find(all::get)).hasValue(named);
    assertThat(Nvcc.find(name -> name.equals("NVCC") ? null : all.get(name))).hasValue(onPath);
    assertThat(Nvcc.find(name -> name.equals("CUDA_HOME") ? all.get(name) : null)).hasValue(atHome);
  }

  @Test
  void aKernelOfCudaSourceRuns() {
    Assumptions.assumeTrue(Nvcc.find(System::getenv).isPresent(), "there is no nvcc here");
    try (Device device = Devices.open("sim", DeviceOptions.defaults()).device()) {
      RunResult result =
          KernelRun.of(KernelFile.read(source, device.info()))
              .entry("twice")
              .block(3)
              .argument(Argument.inout(Elements.of(1f, 2f, 3f)))
              .run(device);
      assertThat(result.elements(0).floats()).containsExactly(2f, 4f, 6f);
    }
  }
}
