/**
 * A real GPU behind the device seam. Start with {@link dev.lockstep.cuda.CudaDevice}; {@link
 * dev.lockstep.cuda.CudaSystem} finds out, once, whether there is one and keeps the reason when
 * there is none.
 *
 * <p>JCuda's driver binding owns contexts, modules, memory, streams and events; launches go through
 * {@link java.lang.foreign.Linker}, which takes a tenth of the time. No heap array is ever held
 * across a driver call: JCuda would pin it, and some garbage collectors then wait for the call.
 */
@NullMarked
package dev.lockstep.cuda;

import org.jspecify.annotations.NullMarked;
