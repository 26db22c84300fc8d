package dev.lockstep.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.cuda.standin.OnStandIn;
import dev.lockstep.cuda.standin.StandInDriver;
import dev.lockstep.cuda.standin.StandInMain;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import jcuda.JCudaVersion;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What may be wrong with a machine, end to end: each in a process of its own. */
@OnStandIn
@Tag("sweep")
@Tag("own-jvm")
class CudaProcessTests {
  @TempDir private Path folder;

  private record Ended(int code, String text) {}

  private final List<String> options = new ArrayList<>();

  private Process start(String... arguments) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "--enable-native-access=ALL-UNNAMED",
            "--add-modules=jdk.incubator.vector",
            "-XX:TieredStopAtLevel=1",
            "-D" + StandInDriver.PROPERTY + "=true"));
    command.addAll(options);
    command.addAll(
        List.of("-cp", System.getProperty("java.class.path"), StandInMain.class.getName()));
    command.addAll(Arrays.asList(arguments));
    return new ProcessBuilder(command).redirectErrorStream(true).start();
  }

  private static Ended end(Process process) throws IOException, InterruptedException {
    String text =
        new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
            .replace("WARNING: Using incubator modules: jdk.incubator.vector\n", "");
    return new Ended(process.waitFor(), text);
  }

  private Ended run(String... arguments) throws IOException, InterruptedException {
    return end(start(arguments));
  }

  @Test
  void whatIsLeftOpenAtTheEndIsReportedWithWhereItWasTaken() throws Exception {
    Ended ended = run("leak");
    assertThat(ended.code()).isZero();
    assertThat(ended.text())
        .contains("the process ends with a CUDA device open, from ")
        .containsPattern(
            "a buffer of 12345 bytes, taken at StandInMain\\.leak\\(StandInMain\\.java:\\d+\\)");
  }

  @Test
  void aDriverWithoutADevice() throws Exception {
    Ended ended = run("cuInit=100", "train", "--device", "cuda");
    assertThat(ended.code()).isEqualTo(2);
    assertThat(ended.text())
        .hasLineCount(1)
        .contains("device cuda cannot run here", "finds no usable GPU: error 100")
        .contains("CUDA_ERROR_NO_DEVICE");
    assertThat(run("cuInit=100", "doctor").text())
        .contains("device sim", "--device auto", "sim: no cuda, which cannot run here");
  }

  @Test
  void aDriverThatIsTooOldForTheKernels() throws Exception {
    Ended ended =
        run(
            "cuModuleLoadDataEx=222",
            "train",
            "--device",
            "cuda",
            "--steps",
            "1",
            "--out",
            folder.resolve("out").toString());
    assertThat(ended.code()).isNotZero();
    assertThat(ended.text())
        .contains("CUDA_ERROR_UNSUPPORTED_PTX_VERSION", "update the driver")
        .doesNotContain("\tat ");
  }

  @Test
  void withoutCublasTrainingWithItSaysHowToGetIt() throws Exception {
    options.add("-D" + StandInDriver.CUBLAS_PROPERTY + "=false");
    options.add("-Duser.home=" + folder);
    Ended ended = run("train", "--device", "cuda", "--matmul", "cublas");
    assertThat(ended.code()).isEqualTo(2);
    assertThat(ended.text())
        .hasLineCount(1)
        .contains("matmul cublas: libcublas.so.12 was not found", "doctor --fetch-cublas");
  }

  @Test
  void garbageWhereNativesAreUnpackedDoesNoHarm() throws Exception {
    for (String name : List.of("JCudaDriver", "JCublas2")) {
      Files.writeString(
          folder.resolve("lib%s-%s-linux-x86_64.so".formatted(name, JCudaVersion.get())),
          "garbage");
    }
    options.add("-Djava.io.tmpdir=" + folder);
    assertDoctorIsWell(run("doctor"));
  }

  /** As on a GPU of compute capability 9.0, to the end of the command line. */
  @Test
  void aKernelRunsInClustersWithATensorMap() throws Exception {
    Path ptx =
        Files.writeString(
            folder.resolve("sums.ptx"),
            """
            .version 8.0
            .target sm_90
            .address_size 64
            .visible .entry size(.param .align 64 .b8 map[128], .param .u64 out)
            {
              .reg .b32 %r1;
              .reg .b64 %rd<5>;
              ld.param.u64 %rd1, [map+24];
              ld.param.u64 %rd2, [out];
              mov.u32 %r1, %ctaid.x;
              cvt.u64.u32 %rd3, %r1;
              add.s64 %rd1, %rd1, %rd3;
              shl.b64 %rd4, %rd3, 3;
              add.s64 %rd2, %rd2, %rd4;
              st.global.u64 [%rd2], %rd1;
              ret;
            }
            """);
    String[] command = {
      "gpu=h100",
      "run",
      ptx.toString(),
      "--device",
      "cuda",
      "--grid",
      "4",
      "--block",
      "1",
      "--cluster",
      "2",
      "--arg",
      "tensormap:dims=64x32,box=16x8:in:f32:iota:2048",
      "--arg",
      "out:u64:4"
    };
    Ended ended = run(command);
    assertThat(ended.code()).as(ended.text()).isZero();
    assertThat(ended.text()).contains("stand-in", "H100", "64 65 66 67");
  }

  @Test
  void twoProcessesAtOnce() throws Exception {
    options.add("-Djava.io.tmpdir=" + folder);
    Process one = start("doctor");
    Process other = start("doctor");
    assertDoctorIsWell(end(one));
    assertDoctorIsWell(end(other));
    assertThat(folder).as("natives are deleted once they are loaded").isEmptyDirectory();
  }

  private static void assertDoctorIsWell(Ended ended) {
    assertThat(ended.code()).as(ended.text()).isZero();
    assertThat(ended.text())
        .contains("gpu 0", "built for CUDA 12.0")
        .containsPattern("device cuda +yes: .*stand-in")
        .containsPattern("cuBLAS +cuBLAS 12\\.6\\.4 \\(stand-in\\), .*libcublas\\.so\\.12")
        .containsPattern("--device auto +sim: no cuda, which wants to be asked for by name");
  }
}
