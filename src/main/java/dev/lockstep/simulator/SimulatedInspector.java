package dev.lockstep.simulator;

import dev.lockstep.device.KernelInspector;
import dev.lockstep.device.KernelModule;

/** Inspects by lowering. */
final class SimulatedInspector implements KernelInspector {
  @Override
  public Inspection inspect(KernelModule module, String entry) {
    if (!(module instanceof SimulatedModule ours)) {
      throw new IllegalArgumentException("module " + module.name() + " is another device's");
    }
    return ours.inspect(entry);
  }
}
