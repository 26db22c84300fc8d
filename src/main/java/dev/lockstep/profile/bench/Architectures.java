package dev.lockstep.profile.bench;

import dev.lockstep.device.ComputeCapability;
import dev.lockstep.device.GpuModel;
import java.util.List;

/** The architectures a kernel's resources are shown for, whatever GPU is modelled. */
final class Architectures {
  private static final ComputeCapability AMPERE = GpuModel.named("a100").capability();
  private static final ComputeCapability HOPPER = GpuModel.named("h100").capability();

  /** Data center GPUs, and between them what has the least shared memory. */
  static final List<ComputeCapability> SHOWN =
      List.of(AMPERE, GpuModel.named("rtx3090").capability(), HOPPER);

  /** Those with limits. */
  static final List<ComputeCapability> HELD = List.of(AMPERE, HOPPER);

  private Architectures() {}
}
