/**
 * The questions on initialisation: start with {@link
 * dev.lockstep.grill.initialization.InitializationLabs}.
 */
@NullMarked
package dev.lockstep.grill.initialization;

import org.jspecify.annotations.NullMarked;
