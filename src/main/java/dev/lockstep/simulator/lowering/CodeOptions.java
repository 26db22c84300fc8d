package dev.lockstep.simulator.lowering;

import dev.lockstep.device.Approximation;
import dev.lockstep.device.DeviceOptions;
import dev.lockstep.device.ExecutionTier;
import dev.lockstep.device.MatrixMode;

/**
 * Those of a device's options that its code depends on: devices that agree in them can have the
 * same.
 *
 * @param drawn whether the order of turns is drawn, which counts single instructions
 * @param approximation what approximate instructions return
 * @param matrixMode how tensor-core instructions add up
 * @param tier how it is executed
 */
public record CodeOptions(
    boolean drawn, Approximation approximation, MatrixMode matrixMode, ExecutionTier tier) {
  /** What matters of all options. */
  public static CodeOptions of(DeviceOptions options) {
    return new CodeOptions(
        options.schedule().random(), options.approximation(), options.matrixMode(), options.tier());
  }
}
