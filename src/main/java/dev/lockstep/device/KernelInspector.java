package dev.lockstep.device;

import java.util.List;

/**
 * Says what a kernel needs and which of its instructions a device cannot execute, without running
 * it. Asked for as a {@linkplain Device#capability capability}.
 */
public interface KernelInspector {
  /**
   * Prepares a kernel as for a launch.
   *
   * @throws IllegalArgumentException when the module has no such entry, or is another device's
   */
  Inspection inspect(KernelModule module, String entry);

  /**
   * What was found.
   *
   * @param staticSharedBytes shared memory each block has without asking
   * @param dynamicSharedAlignment where memory the launch asks for starts: at a multiple of this
   * @param localBytes local memory of each thread
   * @param uncovered instructions that keep the kernel from being launched
   */
  record Inspection(
      int staticSharedBytes,
      int dynamicSharedAlignment,
      int localBytes,
      List<DeviceFault.UnsupportedInstruction> uncovered) {
    /** Takes copies. */
    public Inspection {
      uncovered = List.copyOf(uncovered);
    }
  }
}
