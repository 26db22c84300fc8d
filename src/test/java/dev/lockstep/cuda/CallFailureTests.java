package dev.lockstep.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import dev.lockstep.cuda.standin.CallLog;
import dev.lockstep.cuda.standin.OnStandIn;
import dev.lockstep.cuda.standin.StandInDriver;
import dev.lockstep.device.DeviceException;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import jcuda.driver.CUdevice;
import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Every driver call fails once with every kind of code, and the message says which and what. */
@OnStandIn
class CallFailureTests {
  /** Calls of an open device by export, and the names messages know them by. */
  private static final Map<String, String> CALLS =
      Map.ofEntries(
          Map.entry("cuCtxSetCurrent", "cuCtxSetCurrent"),
          Map.entry("cuDevicePrimaryCtxRetain", "cuDevicePrimaryCtxRetain"),
          Map.entry("cuDevicePrimaryCtxRelease_v2", "cuDevicePrimaryCtxRelease"),
          Map.entry("cuEventCreate", "cuEventCreate"),
          Map.entry("cuEventDestroy_v2", "cuEventDestroy"),
          Map.entry("cuEventElapsedTime", "cuEventElapsedTime"),
          Map.entry("cuEventRecord", "cuEventRecord"),
          Map.entry("cuEventSynchronize", "cuEventSynchronize"),
          Map.entry("cuFuncSetAttribute", "cuFuncSetAttribute"),
          Map.entry("cuGraphDestroy", "cuGraphDestroy"),
          Map.entry("cuGraphExecDestroy", "cuGraphExecDestroy"),
          Map.entry("cuGraphInstantiateWithFlags", "cuGraphInstantiate"),
          Map.entry("cuGraphLaunch", "cuGraphLaunch"),
          Map.entry("cuLaunchKernel", "cuLaunchKernel"),
          Map.entry("cuMemAlloc_v2", "cuMemAlloc"),
          Map.entry("cuMemFree_v2", "cuMemFree"),
          Map.entry("cuMemFreeHost", "cuMemFreeHost"),
          Map.entry("cuMemHostAlloc", "cuMemHostAlloc"),
          Map.entry("cuMemcpyDtoDAsync_v2", "cuMemcpyDtoDAsync"),
          Map.entry("cuMemcpyDtoHAsync_v2", "cuMemcpyDtoHAsync"),
          Map.entry("cuMemcpyHtoDAsync_v2", "cuMemcpyHtoDAsync"),
          Map.entry("cuMemsetD8Async", "cuMemsetD8Async"),
          Map.entry("cuModuleGetFunction", "cuModuleGetFunction"),
          Map.entry("cuModuleGetGlobal_v2", "cuModuleGetGlobal"),
          Map.entry("cuModuleLoadDataEx", "cuModuleLoadDataEx"),
          Map.entry("cuModuleUnload", "cuModuleUnload"),
          Map.entry("cuStreamBeginCapture_v2", "cuStreamBeginCapture"),
          Map.entry("cuStreamCreate", "cuStreamCreate"),
          Map.entry("cuStreamDestroy_v2", "cuStreamDestroy"),
          Map.entry("cuStreamEndCapture", "cuStreamEndCapture"),
          Map.entry("cuStreamSynchronize", "cuStreamSynchronize"),
          Map.entry("cuStreamWaitEvent", "cuStreamWaitEvent"));

  /** Asked only to word the message of a failure. */
  private static final Set<String> FOR_MESSAGES = Set.of("cuGetErrorString", "cuMemGetInfo_v2");

  /** A caller's mistake, too little memory, a lost device, and a code nobody expects. */
  private static final int[] CODES = {
    CUresult.CUDA_ERROR_INVALID_VALUE,
    CUresult.CUDA_ERROR_OUT_OF_MEMORY,
    CUresult.CUDA_ERROR_LAUNCH_FAILED,
    CUresult.CUDA_ERROR_UNKNOWN,
  };

  private final CallLog calls = StandInDriver.get().calls();

  @AfterEach
  void forgetInterference() {
    calls.reset();
  }

  static Stream<Arguments> failures() {
    return CALLS.entrySet().stream()
        .sorted(Map.Entry.comparingByKey())
        .flatMap(
            call ->
                java.util.Arrays.stream(CODES)
                    .mapToObj(code -> Arguments.of(call.getKey(), call.getValue(), code)));
  }

  @ParameterizedTest
  @MethodSource("failures")
  void theMessageNamesCallAndCode(String export, String name, int code) {
    calls.fail(export, code);
    DeviceException failure = catchThrowableOfType(DeviceException.class, CudaTour::run);
    assertThat(failure).isNotNull();
    assertThat(failure.call()).isEqualTo(name);
    assertThat(failure.code()).isEqualTo(code);
    assertThat(failure)
        .hasMessageStartingWith(
            "%s failed with %d: %s (".formatted(name, code, CUresult.stringFor(code)))
        .hasMessageNotContaining("\n");
    calls.reset();
    if (export.equals("cuDevicePrimaryCtxRelease_v2")) {
      CUdevice gpu = new CUdevice();
      JCudaDriver.cuDeviceGet(gpu, 0);
      JCudaDriver.cuDevicePrimaryCtxRelease(gpu);
    }
    CudaTour.run();
  }

  /** Calls added to the device belong into the table above. */
  @Test
  void theTableKnowsEveryCallOfTheDevice() {
    Set<String> made = new TreeSet<>();
    calls.interfere(
        (export, nth) -> {
          made.add(export);
          return 0;
        });
    CudaTour.run();
    made.removeAll(FOR_MESSAGES);
    assertThat(made).isEqualTo(new TreeSet<>(CALLS.keySet()));
  }

  /** What keeps the GPU from being found is the reason why there is none. */
  @ParameterizedTest
  @CsvSource({
    "cuInit,                  100, finds no usable GPU: error 100; CUDA_ERROR_NO_DEVICE",
    "cuInit,                  801, the stand-in driver; error 801",
    "cuInit,                  803, CUDA_ERROR_SYSTEM_DRIVER_MISMATCH; error 803",
    "cuDeviceGetCount,        999, error 999; CUDA_ERROR_UNKNOWN",
    "cuDeviceGet,             101, cuDeviceGet failed with 101; CUDA_ERROR_INVALID_DEVICE",
    "cuDeviceGetName,         999, cuDeviceGetName failed with 999; CUDA_ERROR_UNKNOWN",
    "cuDeviceTotalMem_v2,     999, cuDeviceTotalMem failed with 999; CUDA_ERROR_UNKNOWN",
    "cuDeviceGetAttribute,    999, cuDeviceGetAttribute failed with 999; CUDA_ERROR_UNKNOWN",
    "cuDriverGetVersion,      999, cuDriverGetVersion failed with 999; CUDA_ERROR_UNKNOWN",
  })
  void aDriverThatFailsIsNoGpuWithTheReason(String export, int code, String words) {
    calls.fail(export, code);
    assertThat(CudaSystem.probe("libJCudaDriver-12.6.0-linux-x86_64.so", "libcuda.so.1"))
        .asInstanceOf(type(CudaSystem.Missing.class))
        .extracting(CudaSystem.Missing::reason)
        .asString()
        .contains(words.split("; "))
        .doesNotContain("\n");
  }

  /** The driver's answers to an image it is too old for. */
  @ParameterizedTest
  @CsvSource({"222, CUDA_ERROR_UNSUPPORTED_PTX_VERSION", "209, CUDA_ERROR_NO_BINARY_FOR_GPU"})
  void aDriverTooOldForAnImageIsToldToBeUpdated(int code, String name) {
    calls.fail("cuModuleLoadDataEx", code);
    assertThat(catchThrowableOfType(DeviceException.class, CudaTour::run))
        .hasMessageContaining(name)
        .hasMessageContaining("driver for CUDA 13.0")
        .hasMessageContaining("update the driver");
  }
}
