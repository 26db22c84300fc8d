/**
 * The arithmetic of PTX instructions, apart from any notion of registers, warps or dispatch: static
 * methods that allocate nothing, so that the interpreter and generated code share one definition.
 *
 * <p>Start with {@link dev.lockstep.simulator.intrinsic.FloatOps} for single precision and {@link
 * dev.lockstep.simulator.intrinsic.TensorCore} for {@code mma.sync}. The rules come from the PTX
 * ISA manual, chapter "Instructions"; where it leaves a value open, the choice made here is stated
 * on the method.
 *
 * <p>Values keep Java's own types: {@code .b32/.u32/.s32} is {@code int}, 64-bit types are {@code
 * long}, {@code .f16} and {@code .bf16} are raw bits in the low half of an {@code int}, packed
 * pairs are an {@code int} whose lower half is the first element.
 */
@NullMarked
package dev.lockstep.simulator.intrinsic;

import org.jspecify.annotations.NullMarked;
