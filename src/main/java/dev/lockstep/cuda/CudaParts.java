package dev.lockstep.cuda;

import static jcuda.driver.CUdevice_attribute.CU_DEVICE_ATTRIBUTE_CLOCK_RATE;
import static jcuda.driver.CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MEMORY_CLOCK_RATE;

import dev.lockstep.device.DeviceProvider.Part;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import jcuda.JCudaVersion;
import jcuda.driver.CUdevice;
import jcuda.driver.CUdevice_attribute;
import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;

/** What CUDA needs on this machine, each part where it was found, or why not. */
final class CudaParts {
  private static final Path KERNEL_MODULE = Path.of("/proc/driver/nvidia/version");
  private static final Pattern MODULE_VERSION =
      Pattern.compile("NVRM version:.*?\\s(\\d+\\.\\d+(?:\\.\\d+)?)\\s");

  private CudaParts() {}

  static List<Part> all() {
    CudaSystem system = CudaSystem.get();
    List<Part> parts = new ArrayList<>();
    parts.add(driver(system));
    if (system instanceof CudaSystem.Ready ready) {
      parts.addAll(gpus(ready));
    }
    parts.add(jcuda());
    CublasSystem cublas = CublasSystem.get();
    parts.add(new Part(CublasLibrary.NAME, cublas instanceof CublasSystem.Ready, reason(cublas)));
    CublasLtCalls.Answer lt = CublasLtCalls.get();
    parts.add(
        new Part(
            CublasLtLibrary.NAME,
            lt instanceof CublasLtCalls.Answer.Ready,
            lt.availability().reason()));
    return List.copyOf(parts);
  }

  private static String reason(CublasSystem cublas) {
    return cublas.availability().reason();
  }

  private static Part driver(CudaSystem system) {
    String module = kernelModule();
    return switch (system) {
      case CudaSystem.Ready ready ->
          new Part(
              "driver",
              true,
              "%s%s, for CUDA %s"
                  .formatted(NativeLibrary.loadedFrom(CudaSystem.DRIVER), module, ready.driver()));
      case CudaSystem.Missing missing -> new Part("driver", false, missing.reason() + module);
    };
  }

  /** The driver's own version, which the kernel's part of it tells on Linux. */
  private static String kernelModule() {
    try {
      return moduleVersion(Files.readString(KERNEL_MODULE));
    } catch (IOException e) {
      return "";
    }
  }

  static String moduleVersion(String text) {
    Matcher matcher = MODULE_VERSION.matcher(text);
    return matcher.find() ? ", version " + matcher.group(1) : "";
  }

  private static List<Part> gpus(CudaSystem.Ready ready) {
    int[] count = new int[1];
    if (JCudaDriver.cuDeviceGetCount(count) != CUresult.CUDA_SUCCESS) {
      return List.of();
    }
    List<Part> parts = new ArrayList<>();
    for (int ordinal = 0; ordinal < count[0]; ordinal++) {
      Handles.Gpu gpu = new Handles.Gpu();
      if (JCudaDriver.cuDeviceGet(gpu, ordinal) == CUresult.CUDA_SUCCESS) {
        parts.add(
            new Part(
                "gpu " + ordinal,
                ordinal == 0,
                "%s, compute capability %d.%d%s%s"
                    .formatted(
                        CudaSystem.name(ready.calls(), gpu),
                        attribute(
                            gpu, CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR),
                        attribute(
                            gpu, CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR),
                        clocks(gpu),
                        ordinal == 0
                            ? ""
                            : "; CUDA_VISIBLE_DEVICES makes it the one that is used")));
      }
    }
    return parts;
  }

  /** For example {@code , 1410 MHz, memory 1215 MHz}: the highest they go. */
  static String clocks(CUdevice gpu) {
    int core = attribute(gpu, CU_DEVICE_ATTRIBUTE_CLOCK_RATE);
    int memory = attribute(gpu, CU_DEVICE_ATTRIBUTE_MEMORY_CLOCK_RATE);
    return core <= 0 ? "" : ", up to %d MHz, memory %d MHz".formatted(core / 1000, memory / 1000);
  }

  private static int attribute(CUdevice gpu, int which) {
    int[] value = new int[1];
    return JCudaDriver.cuDeviceGetAttribute(value, which, gpu) == CUresult.CUDA_SUCCESS
        ? value[0]
        : -1;
  }

  /** Its name tells its own version; what it was built for is a constant of its own. */
  private static Part jcuda() {
    String natives = CudaSystem.nativeLibrary();
    boolean there = CudaSystem.class.getResource("/lib/" + natives) != null;
    return new Part(
        "jcuda",
        there,
        "%s, built for CUDA %d.%d, %s"
            .formatted(
                JCudaVersion.get(),
                JCudaDriver.CUDA_VERSION / 1000,
                JCudaDriver.CUDA_VERSION % 1000 / 10,
                there ? natives : "but the build has no " + natives));
  }
}
