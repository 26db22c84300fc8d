package dev.lockstep.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.check.run.Argument;
import dev.lockstep.check.run.KernelFile;
import dev.lockstep.check.run.KernelRun;
import dev.lockstep.check.run.RunResult;
import dev.lockstep.cuda.standin.OnStandIn;
import dev.lockstep.cuda.standin.StandInDriver;
import dev.lockstep.device.Device;
import dev.lockstep.device.DeviceBuffer;
import dev.lockstep.device.DeviceException;
import dev.lockstep.device.Dim3;
import dev.lockstep.device.Graph;
import dev.lockstep.device.Graphs;
import dev.lockstep.device.KernelArgs;
import dev.lockstep.device.KernelModule;
import dev.lockstep.device.Launch;
import dev.lockstep.device.Stream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Clusters and tensor maps, which the GPUs have that the stand-in models here. It answers {@code
 * cuLaunchKernelEx} by what it finds in the configuration and its attribute, and writes into a
 * tensor map what it was given, which a kernel hands back.
 */
@OnStandIn
class ClustersOnCudaTests {
  /** Each thread writes its number in the grid; {@code map} hands back what it got by value. */
  private static final KernelFile KERNELS =
      KernelFile.parse(
          "kernels",
          """
          .version 8.0
          .target sm_90
          .address_size 64
          .visible .entry number(.param .u64 out, .param .u32 add)
          {
            .reg .b32 %r<6>;
            .reg .b64 %rd<3>;
            ld.param.u64 %rd1, [out];
            ld.param.u32 %r5, [add];
            mov.u32 %r1, %ctaid.x;
            mov.u32 %r2, %ntid.x;
            mov.u32 %r3, %tid.x;
            mad.lo.u32 %r4, %r1, %r2, %r3;
            mul.wide.u32 %rd2, %r4, 4;
            add.s64 %rd2, %rd1, %rd2;
            add.u32 %r4, %r4, %r5;
            st.global.u32 [%rd2], %r4;
            ret;
          }
          .visible .entry map(.param .u64 out, .param .align 64 .b8 given[128])
          {
            .reg .b64 %rd<4>;
            .reg .b64 %a, %b;
            .reg .b32 %r1;
            ld.param.u64 %rd1, [out];
            mov.u32 %r1, %tid.x;
            mul.wide.u32 %rd2, %r1, 8;
            mov.b64 %rd3, given;
            add.s64 %a, %rd3, %rd2;
            ld.param.u64 %b, [%a];
            add.s64 %rd1, %rd1, %rd2;
            st.global.u64 [%rd1], %b;
            ret;
          }
          """);

  private final StandInDriver driver = StandInDriver.get();
  private final StandInDriver.Changed newer = driver.modelling("h100");

  @AfterEach
  void olderAgain() {
    newer.close();
    driver.calls().reset();
  }

  private static CudaSystem.Ready system() {
    return (CudaSystem.Ready) CudaSystem.probe(CudaSystem.nativeLibrary(), CudaSystem.DRIVER);
  }

  private static Device h100() {
    return new CudaDevice(system());
  }

  /** With the driver of a time before that call. */
  private static Device withoutDriverCall(String missing) throws Exception {
    SymbolLookup all = SymbolLookup.libraryLookup(CudaSystem.DRIVER, Arena.global());
    CudaSystem.Ready ready = system();
    return new CudaDevice(
        new CudaSystem.Ready(
            DriverCalls.of(
                "libcuda.so.1", name -> name.equals(missing) ? Optional.empty() : all.find(name)),
            ready.gpu(),
            ready.info(),
            ready.driver(),
            ready.reason()));
  }

  private static KernelRun number(int blocks, Dim3 cluster) {
    return KernelRun.of(KERNELS)
        .entry("number")
        .grid(blocks)
        .block(2)
        .cluster(cluster)
        .argument(Argument.parse("out:u32:" + 2 * blocks))
        .argument(Argument.parse("u32:100"));
  }

  @ParameterizedTest
  @CsvSource({"6, 1", "6, 2", "6, 3", "8, 8", "32, 16"})
  void aLaunchInClustersArrivesWhole(int blocks, int cluster) {
    try (Device device = h100()) {
      driver.calls().reset();
      RunResult result = number(blocks, new Dim3(cluster)).run(device);
      int[] numbers = result.elements(0).ints();
      for (int i = 0; i < numbers.length; i++) {
        assertThat(numbers[i]).isEqualTo(100 + i);
      }
      assertThat(driver.calls().count("cuLaunchKernelEx")).isOne();
      assertThat(driver.calls().count("cuLaunchKernel")).isZero();
      assertThat(driver.calls().count("cuFuncSetAttribute"))
          .as("more than 8 blocks are asked for")
          .isEqualTo(cluster > 8 ? 1 : 0);
    }
  }

  /** Our own check lies before it, so the driver's is met by breaking its answer. */
  @ParameterizedTest
  @CsvSource({
    "1, CUDA_ERROR_INVALID_VALUE",
    "2, CUDA_ERROR_OUT_OF_MEMORY",
    "719, CUDA_ERROR_LAUNCH_FAILED",
    "912, CUDA_ERROR_INVALID_CLUSTER_SIZE",
    "999, CUDA_ERROR_UNKNOWN"
  })
  void whatTheDriverSaysOfAClusterIsNamed(int code, String name) {
    try (Device device = h100()) {
      driver.calls().fail("cuLaunchKernelEx", code);
      assertThatThrownBy(() -> number(4, new Dim3(2)).run(device))
          .isInstanceOf(DeviceException.class)
          .hasMessageContainingAll(
              "cuLaunchKernelEx failed with " + code,
              name,
              "number Launch[grid=(4,1,1), block=(2,1,1), sharedBytes=0, cluster=(2,1,1)]");
    }
  }

  @Test
  void anOlderGpuIsNotAskedForClusters() {
    newer.close();
    try (Device device = StandInDriver.open()) {
      driver.calls().reset();
      assertThatThrownBy(() -> number(4, new Dim3(2)).run(device))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContainingAll("cluster (2,1,1)", "compute capability 9.0", "stand-in", "8.0");
      assertThat(driver.calls().count("cuLaunchKernelEx")).isZero();
    }
  }

  /** As a user of the device finds it, who asked for no capability. */
  @Test
  void aStreamOfAnOlderGpuRefusesClusters() {
    newer.close();
    try (Device device = StandInDriver.open();
        Stream stream = device.newStream();
        DeviceBuffer out = device.allocate(64);
        KernelModule module = device.load(KERNELS.image())) {
      Launch launch = new Launch(new Dim3(4), new Dim3(2), 0).withCluster(new Dim3(2));
      KernelArgs args = new KernelArgs().address(out, 0).int32(0);
      assertThatThrownBy(() -> stream.launch(module.kernel("number"), launch, args))
          .isInstanceOf(DeviceException.class)
          .hasMessageContainingAll("cluster (2,1,1)", "compute capability 9.0", "8.0");
      assertThat(driver.calls().count("cuLaunchKernelEx")).isZero();
    }
  }

  /** Clusters in a graph are those of its capture. */
  @Test
  void aCapturedLaunchKeepsItsCluster() {
    try (Device device = h100();
        Stream stream = device.newStream();
        DeviceBuffer out = device.allocate(16);
        KernelModule module = device.load(KERNELS.image());
        Arena arena = Arena.ofConfined()) {
      Launch launch = new Launch(new Dim3(2), new Dim3(2), 0).withCluster(new Dim3(2));
      KernelArgs args = new KernelArgs().address(out, 0).int32(7);
      driver.calls().reset();
      try (Graph graph =
          device
              .capability(Graphs.class)
              .orElseThrow()
              .capture(captured -> captured.launch(module.kernel("number"), launch, args))) {
        stream.launch(graph);
        MemorySegment host = arena.allocate(16);
        stream.copyToHost(host, out, 0);
        stream.synchronize();
        assertThat(host.toArray(ValueLayout.JAVA_INT)).containsExactly(7, 8, 9, 10);
        assertThat(driver.calls().count("cuLaunchKernelEx")).isOne();
      }
    }
  }

  @Test
  void anOlderDriverIsNamedWithTheOneThatHasTheCall() throws Exception {
    try (Device device = withoutDriverCall("cuLaunchKernelEx")) {
      assertThatThrownBy(() -> number(4, new Dim3(2)).run(device))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(
              "cluster (2,1,1): libcuda.so.1 has no cuLaunchKernelEx, which drivers for CUDA 11.8"
                  + " and later have: update the driver");
    }
    try (Device device = withoutDriverCall("cuTensorMapEncodeTiled")) {
      assertThatThrownBy(() -> map("tensormap:dims=8,box=4:in:f32:iota:8").run(device))
          .hasMessageContainingAll("argument 1", "cuTensorMapEncodeTiled", "CUDA 12.0");
      number(4, new Dim3(2)).run(device);
    }
  }

  private static KernelRun map(String argument) {
    return KernelRun.of(KERNELS)
        .entry("map")
        .block(16)
        .argument(Argument.parse("out:u64:16"))
        .argument(Argument.parse(argument));
  }

  /** The words are the stand-in's own: see its TensorFamily. */
  @Test
  void aTensorMapArrivesAsTheDriverEncodedIt() {
    try (Device device = h100()) {
      RunResult result =
          map("tensormap:dims=30x6x2,box=8x4x1,strides=64x384,swizzle=32:in:bf16:iota:512")
              .run(device);
      int[] halves = result.elements(0).ints();
      long[] words = new long[16];
      for (int i = 0; i < 16; i++) {
        words[i] = (halves[2 * i] & 0xffff_ffffL) | (long) halves[2 * i + 1] << 32;
      }
      assertThat(words[2]).as("the tensor's address").isPositive().matches(at -> at % 16 == 0);
      words[2] = 0;
      assertThat(words)
          .containsExactly(
              9 | 1L << 32, 3, 0, 30, 6, 2, 0, 0, 64, 384, 0, 0, 8 | 4L << 32, 1, 0, 0);
    }
  }

  @Test
  void theMemoryOfATensorMapIsTheKernelsToReadAndShown() {
    try (Device device = h100()) {
      RunResult result = map("tensormap:dims=8x2,box=4x1:inout:f32:iota:16").run(device);
      assertThat(result.outputs()).hasSize(2);
      assertThat(result.elements(1).floats()).startsWith(0, 1, 2).hasSize(16);
    }
  }

  @Test
  void anOlderGpuHasNoTensorMaps() {
    newer.close();
    try (Device device = StandInDriver.open()) {
      driver.calls().reset();
      assertThatThrownBy(() -> map("tensormap:dims=8,box=4:in:f32:iota:8").run(device))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContainingAll("argument 1", "tensor maps need compute capability 9.0", "8.0");
      assertThat(driver.calls().total()).as("nothing was loaded or allocated").isZero();
    }
  }

  @Test
  void whatTheDriverRefusesOfATensorMapIsNamed() {
    try (Device device = h100()) {
      driver.calls().fail("cuTensorMapEncodeTiled", 1);
      assertThatThrownBy(() -> map("tensormap:dims=8,box=4:in:f32:iota:8").run(device))
          .hasMessageContainingAll(
              "cuTensorMapEncodeTiled failed with 1", "INVALID_VALUE", "FLOAT32", "[8]");
    }
  }
}
