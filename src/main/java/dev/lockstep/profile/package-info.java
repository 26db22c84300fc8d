/**
 * Where time and bytes go. Start with {@link dev.lockstep.profile.StepProfile}, which times every
 * kernel of whatever runs on a stream.
 */
@NullMarked
package dev.lockstep.profile;

import org.jspecify.annotations.NullMarked;
