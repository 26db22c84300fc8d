/**
 * A CUDA driver for tests: the calls of {@code native/build/libcuda.so.1}, carried out by the
 * simulator. Start at {@link dev.lockstep.cuda.standin.StandInDriver}, which loads and binds it;
 * each family of calls is a class whose methods name the exports they stand for.
 *
 * <p>It answers as CUDA documents, checks every device address and handle, and lets tests answer in
 * its place. It shows that the code above it calls the driver rightly, not that a GPU would work.
 */
@NullMarked
package dev.lockstep.cuda.standin;

import org.jspecify.annotations.NullMarked;
