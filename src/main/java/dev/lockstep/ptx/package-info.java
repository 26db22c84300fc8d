/**
 * PTX text to records; knows nothing of execution. Start with {@link
 * dev.lockstep.ptx.PtxParser#parse}: {@link dev.lockstep.ptx.PtxModule} → {@link
 * dev.lockstep.ptx.PtxKernel} → {@link dev.lockstep.ptx.Instruction} → {@link
 * dev.lockstep.ptx.Operand}.
 *
 * <p>Grammar: "PTX ISA", chapters 4 (syntax), 5 (state spaces, types and variables) and 11
 * (directives).
 */
@NullMarked
package dev.lockstep.ptx;

import org.jspecify.annotations.NullMarked;
