/**
 * What an experiment finds: random {@link dev.lockstep.grill.evidence.Draws draws}, {@link
 * dev.lockstep.grill.evidence.Spread numbers over several of them}, {@link
 * dev.lockstep.grill.evidence.Criterion criteria} that can fail, and {@link
 * dev.lockstep.grill.evidence.Findings}, which add up to a {@link
 * dev.lockstep.grill.evidence.Verdict}.
 */
@NullMarked
package dev.lockstep.grill.evidence;

import org.jspecify.annotations.NullMarked;
