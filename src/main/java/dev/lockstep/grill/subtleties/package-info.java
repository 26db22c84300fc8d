/** The subtle questions: start with {@link dev.lockstep.grill.subtleties.SubtletyLabs}. */
@NullMarked
package dev.lockstep.grill.subtleties;

import org.jspecify.annotations.NullMarked;
