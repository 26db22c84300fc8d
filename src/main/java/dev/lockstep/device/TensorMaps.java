package dev.lockstep.device;

import dev.lockstep.device.DeviceProvider.Availability;
import java.lang.foreign.MemorySegment;

/**
 * Makes descriptors of tensors for kernels that move boxes of them with bulk copies. A {@linkplain
 * Device#capability capability}; whether this GPU and its driver have it is said by {@link
 * #availability}.
 */
public interface TensorMaps {
  /** Size of a descriptor. */
  int BYTES = 128;

  /** What a kernel's parameter of that type is a multiple of. */
  int ALIGNMENT = 64;

  /** That it can be used, or why not. */
  Availability availability();

  /**
   * Describes memory, which must stay as long as kernels use the descriptor.
   *
   * @param offset where in the buffer the tensor begins
   * @param target gets the descriptor, of {@link #BYTES} bytes; passed on by {@link
   *     KernelArgs#bytes} with {@link #ALIGNMENT}
   * @throws IllegalArgumentException when the tensor does not fit into the buffer or begins at an
   *     address that is no multiple of 16
   * @throws DeviceException when they are not available, with the reason, or the driver refuses
   */
  void encode(TensorMap map, DeviceBuffer memory, long offset, MemorySegment target);
}
