package dev.lockstep.cuda.standin;

import static jcuda.driver.CUdevice_attribute.*;

import dev.lockstep.device.ComputeCapability;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import jcuda.driver.CUresult;

/** Initialisation and what there is to know of the device. */
final class DeviceFamily {
  /** CUDA 13.0, the first whose drivers assemble all PTX this project writes. */
  private static final int DRIVER_VERSION = 13000;

  private final DriverState state;

  /** Of an A100; the simulator has no use for it. */
  private static final int MEMORY_KHZ = 1_215_000;

  DeviceFamily(DriverState state) {
    this.state = state;
  }

  private Map<Integer, Integer> attributes() {
    Map<Integer, Integer> attributes = new HashMap<>();
    ComputeCapability capability = state.gpu.model().capability();
    attributes.put(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR, capability.major());
    attributes.put(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR, capability.minor());
    attributes.put(CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT, state.gpu.model().multiprocessors());
    attributes.put(CU_DEVICE_ATTRIBUTE_WARP_SIZE, ComputeCapability.WARP);
    attributes.put(
        CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_BLOCK, ComputeCapability.MAX_THREADS_PER_BLOCK);
    attributes.put(
        CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_MULTIPROCESSOR, capability.maxThreadsPerSm());
    attributes.put(CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK, 48 << 10);
    attributes.put(
        CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN, capability.sharedBytesPerBlock());
    attributes.put(
        CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_MULTIPROCESSOR, capability.sharedBytesPerSm());
    attributes.put(
        CU_DEVICE_ATTRIBUTE_MAX_REGISTERS_PER_MULTIPROCESSOR, ComputeCapability.REGISTERS_PER_SM);
    attributes.put(CU_DEVICE_ATTRIBUTE_MAX_REGISTERS_PER_BLOCK, ComputeCapability.REGISTERS_PER_SM);
    attributes.put(CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE, (int) state.gpu.model().l2Bytes());
    attributes.put(CU_DEVICE_ATTRIBUTE_CLOCK_RATE, (int) (state.gpu.model().clock() / 1000));
    attributes.put(CU_DEVICE_ATTRIBUTE_MEMORY_CLOCK_RATE, MEMORY_KHZ);
    attributes.put(CU_DEVICE_ATTRIBUTE_UNIFIED_ADDRESSING, 1);
    attributes.put(CU_DEVICE_ATTRIBUTE_COOPERATIVE_LAUNCH, 0);
    return attributes;
  }

  @Export("cuInit")
  int init(int flags) {
    if (flags != 0) {
      return CUresult.CUDA_ERROR_INVALID_VALUE;
    }
    state.initialise();
    return CUresult.CUDA_SUCCESS;
  }

  @Export("cuDriverGetVersion")
  int version(MemorySegment version) {
    Host.set(version, DRIVER_VERSION);
    return CUresult.CUDA_SUCCESS;
  }

  @Export("cuDeviceGetCount")
  int count(MemorySegment count) {
    state.requireInitialised();
    Host.set(count, 1);
    return CUresult.CUDA_SUCCESS;
  }

  @Export("cuDeviceGet")
  int get(MemorySegment device, int ordinal) {
    requireDevice(ordinal);
    Host.set(device, ordinal);
    return CUresult.CUDA_SUCCESS;
  }

  @Export("cuDeviceGetName")
  int name(MemorySegment text, int length, int device) {
    requireDevice(device);
    byte[] name =
        ("Lockstep stand-in for an " + state.gpu.model().product() + ", simulated")
            .getBytes(StandardCharsets.UTF_8);
    MemorySegment target = Host.at(text, length).fill((byte) 0);
    int fits = Math.min(name.length, length - 1);
    MemorySegment.copy(MemorySegment.ofArray(name), 0, target, 0, fits);
    return CUresult.CUDA_SUCCESS;
  }

  @Export("cuDeviceTotalMem_v2")
  int totalMemory(MemorySegment bytes, int device) {
    requireDevice(device);
    Host.set(bytes, state.gpu.model().memoryBytes());
    return CUresult.CUDA_SUCCESS;
  }

  @Export("cuDeviceGetAttribute")
  int attribute(MemorySegment value, int attribute, int device) {
    requireDevice(device);
    Integer known = attributes().get(attribute);
    if (known == null) {
      return CUresult.CUDA_ERROR_NOT_SUPPORTED;
    }
    Host.set(value, known.intValue());
    return CUresult.CUDA_SUCCESS;
  }

  private void requireDevice(int ordinal) {
    state.requireInitialised();
    if (ordinal != 0) {
      throw new DriverError(CUresult.CUDA_ERROR_INVALID_DEVICE);
    }
  }
}
