/**
 * Holds kernels to their definition. Start with {@link dev.lockstep.check.Checks}; each op has one
 * {@code …Check} class with its problems, its formula, its kernels and its tolerances, which all
 * come from the one table in {@code Tolerances}. To add an op, write such a class and list it in
 * {@code OpChecks}.
 *
 * <p>A problem has up to three answers: the reference's, the device's and, for goldens, PyTorch's.
 * Inputs are rounded to the storage type before anybody sees them; nothing that is not finite
 * passes by tolerance.
 */
@NullMarked
package dev.lockstep.check;

import org.jspecify.annotations.NullMarked;
