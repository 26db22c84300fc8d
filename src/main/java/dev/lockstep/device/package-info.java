/**
 * The seam between everything that uses a GPU and the GPU itself. Start with {@link
 * dev.lockstep.device.Device} and {@link dev.lockstep.device.Devices}; a simulated and a CUDA
 * device stand behind it, found by {@link java.util.ServiceLoader}.
 */
@NullMarked
package dev.lockstep.device;

import org.jspecify.annotations.NullMarked;
