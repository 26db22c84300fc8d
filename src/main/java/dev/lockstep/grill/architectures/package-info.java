/**
 * The questions on modern architectures: start with {@link
 * dev.lockstep.grill.architectures.ArchitectureLabs}.
 */
@NullMarked
package dev.lockstep.grill.architectures;

import org.jspecify.annotations.NullMarked;
