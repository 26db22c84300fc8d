package dev.lockstep.cuda;

import dev.lockstep.device.DeviceException;
import dev.lockstep.device.KernelImage;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.regex.Pattern;
import jcuda.driver.CUjit_option;
import jcuda.driver.CUmodule;
import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Hands an image to the driver: the fatbin first, the PTX when the driver will not have that. */
final class ModuleLoader {
  private static final Logger LOG = LoggerFactory.getLogger(ModuleLoader.class);
  private static final int LOG_BYTES = 8192;
  private static final Pattern INLINED_AT =
      Pattern.compile(",\\s*function_name [^\\n]*inlined_at [^\\n]*");

  private ModuleLoader() {}

  /**
   * Loads into the current context.
   *
   * @throws DeviceException when the driver refuses the PTX too, with its assembler's log
   */
  static Handles.Module load(CudaDevice device, KernelImage image) {
    Handles.Module module = new Handles.Module();
    try (Arena arena = Arena.ofConfined()) {
      if (image.fatbin().isPresent()) {
        MemorySegment fatbin = arena.allocate(image.fatbin().get().length, 16);
        fatbin.copyFrom(MemorySegment.ofArray(image.fatbin().get()));
        MemorySegment log = arena.allocate(LOG_BYTES);
        int code = load(module, fatbin, log, arena);
        if (code == CUresult.CUDA_SUCCESS) {
          return module;
        }
        LOG.warn(
            "{}: the driver refuses the machine code ({}{}); it assembles the PTX instead, which"
                + " takes longer",
            image.name(),
            CudaErrors.describe(code),
            text(log));
      }
      MemorySegment log = arena.allocate(LOG_BYTES);
      int code = load(module, arena.allocateFrom(withoutInlining(image.ptx())), log, arena);
      device.check(
          "cuModuleLoadDataEx",
          code,
          () -> "; the PTX of " + image.name() + text(log) + advice(device, code));
      return module;
    }
  }

  /** JCuda copies the options before it calls the driver: this array is not held meanwhile. */
  private static int load(CUmodule module, MemorySegment image, MemorySegment log, Arena arena) {
    int[] options = {
      CUjit_option.CU_JIT_ERROR_LOG_BUFFER, CUjit_option.CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES
    };
    // Each value is a void*: the buffer's address, and its size in the pointer's place.
    MemorySegment values = arena.allocate(2 * Long.BYTES, Long.BYTES);
    values.setAtIndex(ValueLayout.JAVA_LONG, 0, log.address());
    values.setAtIndex(ValueLayout.JAVA_LONG, 1, log.byteSize());
    return JCudaDriver.cuModuleLoadDataEx(
        module, new Handles.Host(image), options.length, options, new Handles.Host(values));
  }

  /** What helps where the driver is older than what it is given. */
  private static String advice(CudaDevice device, int code) {
    return switch (code) {
      case CUresult.CUDA_ERROR_UNSUPPORTED_PTX_VERSION, CUresult.CUDA_ERROR_NO_BINARY_FOR_GPU ->
          "; this is a driver for CUDA %s, older than the kernels: update the driver"
              .formatted(device.driver());
      default -> "";
    };
  }

  /**
   * Shortens each {@code .loc} to its file, line and column. CUDA 12.0's PTX compiler (the one
   * JCuda bundles) ends the process when it optimises any text with inlining positions for sm_90,
   * and drivers of its age carry the same assembler.
   */
  static String withoutInlining(String ptx) {
    return INLINED_AT.matcher(ptx).replaceAll("");
  }

  /** What the assembler wrote, on one line. */
  private static String text(MemorySegment log) {
    String text = log.getString(0).strip().replaceAll("\\s*\\R\\s*", "; ");
    return text.isEmpty() ? "" : ": " + text;
  }
}
