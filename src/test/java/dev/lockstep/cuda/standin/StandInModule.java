package dev.lockstep.cuda.standin;

import dev.lockstep.device.KernelModule;
import dev.lockstep.ptx.PtxModule;

/**
 * A loaded module.
 *
 * @param text what was parsed
 * @param kernels the same on the simulator
 */
record StandInModule(StandInContext context, PtxModule text, KernelModule kernels) {}
