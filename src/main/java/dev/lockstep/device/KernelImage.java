package dev.lockstep.device;

import java.util.Optional;

/**
 * Compiled kernels before they are loaded.
 *
 * @param name what messages call it, for example {@code rmsnorm}
 * @param ptx PTX text: every device can use it
 * @param fatbin machine code for known GPUs, where it was built; holds the same PTX as a fallback
 */
public record KernelImage(String name, String ptx, Optional<byte[]> fatbin) {
  /** An image that has PTX alone. */
  public static KernelImage ofPtx(String name, String ptx) {
    return new KernelImage(name, ptx, Optional.empty());
  }
}
