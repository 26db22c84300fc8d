/**
 * The definition every kernel is held to: double-precision tensors on a tape, and each op as its
 * textbook formula. Start with {@link dev.lockstep.reference.Tape}, then read {@link
 * dev.lockstep.reference.Primitives}: a handful of primitives, each with its partial derivatives,
 * are all that is differentiated by hand. Every other formula is built from them, so its gradient
 * is an independent witness of the backward kernels. Quick enough for small training runs, and no
 * cleverer than that takes.
 */
@NullMarked
package dev.lockstep.reference;

import org.jspecify.annotations.NullMarked;
