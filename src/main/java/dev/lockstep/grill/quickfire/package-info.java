/**
 * The questions to be answered in a breath: start with {@link
 * dev.lockstep.grill.quickfire.QuickFireLabs}.
 */
@NullMarked
package dev.lockstep.grill.quickfire;

import org.jspecify.annotations.NullMarked;
