package dev.lockstep.cuda;

import static dev.lockstep.cuda.CudaErrors.check;
import static jcuda.driver.CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR;
import static jcuda.driver.CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR;
import static jcuda.driver.CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN;
import static jcuda.driver.CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT;

import dev.lockstep.device.DeviceException;
import dev.lockstep.device.DeviceInfo;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import jcuda.JCudaVersion;
import jcuda.LibUtils;
import jcuda.driver.CUdevice;
import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;

/**
 * What this machine has for CUDA: either everything, or the reason why not. Asked once per process,
 * because JCuda answers only the first time with the true cause.
 */
sealed interface CudaSystem {
  /**
   * A GPU that works. Of several, the first; {@code CUDA_VISIBLE_DEVICES} makes another first.
   *
   * @param driver the CUDA version the driver is for, for example {@code 12.6}
   * @param reason one line for people
   */
  record Ready(DriverCalls calls, CUdevice gpu, DeviceInfo info, String driver, String reason)
      implements CudaSystem {}

  /** No GPU can be used; {@code reason} is one line for people. */
  record Missing(String reason) implements CudaSystem {}

  /** The answer for this machine. */
  static CudaSystem get() {
    return Once.ANSWER;
  }

  /** What the NVIDIA driver installs its library as. */
  String DRIVER =
      System.getProperty("os.name").startsWith("Windows") ? "nvcuda.dll" : "libcuda.so.1";

  /** Holds the answer; initialised at the first question. */
  final class Once {
    private static final CudaSystem ANSWER = probe(nativeLibrary(), DRIVER);

    private Once() {}
  }

  /**
   * Looks for everything CUDA needs, in the order in which one builds on the other.
   *
   * @param natives file name of JCuda's library for this operating system and processor
   * @param driver name under which the NVIDIA driver installs its own
   */
  static CudaSystem probe(String natives, String driver) {
    if (CudaSystem.class.getResource("/lib/" + natives) == null) {
      return new Missing(
          "JCuda has no native library for this machine ("
              + natives
              + " is not in the build); CUDA needs Linux or Windows on x86-64");
    }
    DriverCalls calls;
    try {
      calls = DriverCalls.open(driver);
      // JCuda's own library is linked against the driver's, which the line above has loaded.
      PrivateNatives.load(() -> JCudaDriver.setExceptionsEnabled(false));
    } catch (DriverCalls.MissingDriver e) {
      return new Missing(
          "no NVIDIA driver: " + e.getMessage() + " (`nvidia-smi` tells whether one is installed)");
    } catch (UnsatisfiedLinkError e) {
      return new Missing("JCuda's " + natives + " does not load: " + cause(e));
    }
    return firstGpu(calls);
  }

  private static CudaSystem firstGpu(DriverCalls calls) {
    int started = JCudaDriver.cuInit(0);
    int[] count = new int[1];
    if (started == CUresult.CUDA_SUCCESS) {
      started = JCudaDriver.cuDeviceGetCount(count);
    }
    if (started != CUresult.CUDA_SUCCESS) {
      return new Missing(
          (calls.standIn() ? "the stand-in driver of the tests" : "the NVIDIA driver")
              + " finds no usable GPU: error "
              + started
              + ", "
              + CudaErrors.describe(started));
    }
    if (count[0] == 0) {
      return new Missing("the NVIDIA driver finds no GPU");
    }
    try {
      return describe(calls);
    } catch (DeviceException e) {
      return new Missing("the first GPU does not answer: " + e.getMessage());
    }
  }

  private static CudaSystem describe(DriverCalls calls) {
    Handles.Gpu gpu = new Handles.Gpu();
    check("cuDeviceGet", JCudaDriver.cuDeviceGet(gpu, 0));
    long[] bytes = new long[1];
    check("cuDeviceTotalMem", JCudaDriver.cuDeviceTotalMem(bytes, gpu));
    int[] driver = new int[1];
    check("cuDriverGetVersion", JCudaDriver.cuDriverGetVersion(driver));
    int major = attribute(gpu, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR);
    int minor = attribute(gpu, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR);
    DeviceInfo info =
        new DeviceInfo(
            CudaDeviceProvider.NAME,
            name(calls, gpu),
            major + "." + minor,
            attribute(gpu, CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT),
            bytes[0],
            attribute(gpu, CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN));
    if (major < 8) {
      return new Missing(
          "the kernels need compute capability 8.0, %s has %s"
              .formatted(info.name(), info.computeCapability()));
    }
    String version = driver[0] / 1000 + "." + driver[0] % 1000 / 10;
    String reason =
        "%s, compute capability %s, %d multiprocessors, %.1f GiB, driver for CUDA %s"
            .formatted(
                info.name(),
                info.computeCapability(),
                info.multiprocessors(),
                bytes[0] / (double) (1L << 30),
                version);
    return new Ready(calls, gpu, info, version, reason);
  }

  private static int attribute(CUdevice gpu, int which) {
    int[] value = new int[1];
    check("cuDeviceGetAttribute", JCudaDriver.cuDeviceGetAttribute(value, which, gpu));
    return value[0];
  }

  /** Not through JCuda: it would hold on to a Java array during the call, garbage or not. */
  static String name(DriverCalls calls, Handles.Gpu gpu) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment text = arena.allocate(256);
      check("cuDeviceGetName", calls.deviceName(text, gpu.number()));
      return text.getString(0);
    }
  }

  /** The file JCuda will look for in its jars. */
  static String nativeLibrary() {
    return LibUtils.createLibraryFileName(
        LibUtils.createPlatformLibraryName("JCudaDriver-" + JCudaVersion.get()));
  }

  /** JCuda's message is a page with stack traces; the last line that names a file says why. */
  static String cause(LinkageError error) {
    String page = String.valueOf(error.getMessage());
    return page.lines()
        .map(String::strip)
        .filter(line -> line.contains(".so") || line.contains(".dll"))
        .reduce((first, last) -> last)
        .orElse(page.lines().findFirst().orElse("no reason given"));
  }
}
