/**
 * The fused operations: one class per op, which checks its arguments, chooses the launch and hands
 * both to a stream. Start with {@link dev.lockstep.ops.FusedLinear}; {@link
 * dev.lockstep.ops.KernelLibrary} finds the packaged kernels.
 *
 * <p>Arguments come destination first, then sources. Ops allocate nothing on the device: outputs,
 * saved statistics and workspaces are tensors the caller passes. Weight gradients are float and
 * accumulated into ({@code +=}); everything else is overwritten. An op instance reuses one
 * parameter block, so it is confined to one thread at a time; make one per thread, they share the
 * library. What is wrong with an argument is said before the launch, with the name and the numbers,
 * as an {@link java.lang.IllegalArgumentException}.
 */
@NullMarked
package dev.lockstep.ops;

import org.jspecify.annotations.NullMarked;
