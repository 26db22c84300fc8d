/**
 * Dense row-major arrays on a device. Start with {@link dev.lockstep.tensor.Tensor}, a view that
 * never owns memory; {@link dev.lockstep.tensor.TensorArena} plans and owns many of them at once,
 * and {@link dev.lockstep.tensor.HostTensor} is where host numbers are rounded to a storage type.
 */
@NullMarked
package dev.lockstep.tensor;

import org.jspecify.annotations.NullMarked;
