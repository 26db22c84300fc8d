/**
 * Where time and bytes go. Start with {@link dev.lockstep.profile.StepProfile}, which times every
 * kernel of whatever runs on a stream; {@link dev.lockstep.profile.CounterTable} and {@link
 * dev.lockstep.profile.HotLines} show what a device that counts has counted.
 */
@NullMarked
package dev.lockstep.profile;

import org.jspecify.annotations.NullMarked;
