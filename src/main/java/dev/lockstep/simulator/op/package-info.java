/**
 * What instructions do to a warp. {@link dev.lockstep.simulator.op.Lanes2} and its siblings apply a
 * function to whole registers; {@link dev.lockstep.simulator.op.FloatLanes} and its siblings are
 * those functions, one loop over 32 lanes each, short enough for the virtual machine to turn into
 * vector code. Memory, warp-wide and control instructions have classes of their own: begin with
 * {@link dev.lockstep.simulator.op.Load}, {@link dev.lockstep.simulator.op.Shuffle} and {@link
 * dev.lockstep.simulator.op.Branch}.
 */
@NullMarked
package dev.lockstep.simulator.op;

import org.jspecify.annotations.NullMarked;
