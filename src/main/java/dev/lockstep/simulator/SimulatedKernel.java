package dev.lockstep.simulator;

import dev.lockstep.device.Kernel;
import dev.lockstep.simulator.execution.GridRun;
import dev.lockstep.simulator.execution.LoweredKernel;

/** A kernel ready to be launched, with the registers and shared memory its launches reuse. */
final class SimulatedKernel implements Kernel {
  private final SimulatedDevice device;
  private final LoweredKernel lowered;
  private final GridRun grid;

  SimulatedKernel(SimulatedDevice device, LoweredKernel lowered) {
    this.device = device;
    this.lowered = lowered;
    this.grid = new GridRun(lowered, device.memory(), device.settings(), device.workers().count());
  }

  @Override
  public String name() {
    return lowered.name();
  }

  @Override
  public int parameterBytes() {
    return lowered.parameterBytes();
  }

  SimulatedDevice device() {
    return device;
  }

  LoweredKernel lowered() {
    return lowered;
  }

  GridRun grid() {
    return grid;
  }
}
