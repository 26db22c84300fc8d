/** Broken PTX, and what the parser and the simulator make of it. */
@NullMarked
package dev.lockstep.simulator.fuzz;

import org.jspecify.annotations.NullMarked;
