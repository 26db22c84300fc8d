package dev.lockstep.simulator.op;

/**
 * An op that only looks at which lanes are active: wherever it stands, it changes nothing of the
 * warp and lets it go on.
 */
public interface Onlooker {}
