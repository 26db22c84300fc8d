/**
 * How a lowered kernel runs. Start with {@link dev.lockstep.simulator.execution.GridRun}: a grid is
 * blocks spread over worker threads; a {@link dev.lockstep.simulator.execution.Cta} is one block,
 * whose warps take {@link dev.lockstep.simulator.execution.Turns} on one thread and wait for each
 * other at {@link dev.lockstep.simulator.execution.Barriers}; a {@link
 * dev.lockstep.simulator.execution.Warp} is 32 lanes that execute one {@link
 * dev.lockstep.simulator.execution.Op} at a time; {@link
 * dev.lockstep.simulator.execution.LaneGroups} is what happens when lanes part ways, {@link
 * dev.lockstep.simulator.execution.Meetings} where they tell each other something.
 */
@NullMarked
package dev.lockstep.simulator.execution;

import org.jspecify.annotations.NullMarked;
