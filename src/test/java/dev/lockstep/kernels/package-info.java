/**
 * What is committed under {@code kernels/ptx}: that it is what the sources say, keeps the
 * signatures the launching code relies on, and assembles without a toolkit. Start at {@link
 * CommittedPtxTests}.
 */
@NullMarked
package dev.lockstep.kernels;

import org.jspecify.annotations.NullMarked;
