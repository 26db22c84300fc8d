/**
 * Storage types and their rounding. Start with {@link dev.lockstep.numeric.DType}; everything that
 * converts between fp32, fp16 and bf16 on the host goes through here, so that the host rounds as
 * the kernels do.
 */
@NullMarked
package dev.lockstep.numeric;

import org.jspecify.annotations.NullMarked;
