package dev.lockstep.simulator.execution;

import dev.lockstep.device.GpuModel;
import dev.lockstep.device.Schedule;

/**
 * What all launches of a device share.
 *
 * @param gpu the modelled GPU: what kernels can ask about the machine they run on
 * @param schedule the order in which warps and lanes take turns
 * @param stepLimit instructions a warp may execute in one launch
 */
public record RunSettings(GpuModel gpu, Schedule schedule, long stepLimit) {}
